// Numbers and names as text, and elements that hold text: nothing here reads markup.

const content = JSON.parse(document.getElementById("content").textContent);
const names = content.objectives.map((objective) => objective.name);
const ARROW = { min: "↓", max: "↑" };
const ORIGINS = { measured: "measured", tabulated: "published table",
  modelled: "modelled", predicted: "predicted" };
const byId = (id) => document.getElementById(id);

// About this many significant digits, and no needless ones; as in monas_core/ui/text.py.
function number(value, digits = 4) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) {
    return value.toExponential(Math.max(0, digits - 2)).replace("e+", "e");
  }
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return value.toFixed(Math.min(places, 6));
}

function objectiveOf(name) {
  return content.objectives[names.indexOf(name)];
}

// With the weights a network has now: retrained where there are such, else inherited.
function reached(member, name) {
  return member.retrained?.[name] ?? member.values[name];
}

function withUnit(name) {
  const unit = objectiveOf(name).unit;
  return unit ? `${name} [${unit}]` : name;
}

// Plotly reads a little markup in its texts; names from files must not become any.
function plain(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (text !== "") made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function shownAnswer(answer) {
  return typeof answer === "boolean" ? (answer ? "yes" : "no") : String(answer);
}

// Breaks between words so that no line is much longer than asked for.
function lines(text, width = 44) {
  const found = [""];
  for (const word of text.split(" ")) {
    const last = found[found.length - 1];
    if (last && last.length + word.length >= width) found.push(word);
    else found[found.length - 1] = last ? `${last} ${word}` : word;
  }
  return found;
}

// Rows of texts or elements; the first cell of each is its heading.
function filledTable(heads, rows) {
  const table = element("table");
  const head = element("tr");
  for (const title of heads) head.append(element("th", title, { scope: "col" }));
  table.append(element("thead"), element("tbody"));
  table.tHead.append(head);
  for (const cells of rows) {
    const row = element("tr");
    cells.forEach((cell, index) => {
      const made = element(index ? "td" : "th", "", index ? {} : { scope: "row" });
      made.append(cell);
      row.append(made);
    });
    table.tBodies[0].append(row);
  }
  return table;
}
