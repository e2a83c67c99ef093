// The wish slider of a notebook: one slider per objective, the front with the answer in it, and a
// button that asks the optimizer. Python weighs and chooses; all text is set as text, not as HTML.

const WIDE = 260;
const HIGH = 160;
const MARGIN = 8;

function made(tag, parent, attributes = {}, text = "") {
  const svg = ["svg", "circle"].includes(tag);
  const element = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

// Shares of a whole, in percent; all alike where nothing matters.
function shares(weights) {
  const total = weights.reduce((sum, value) => sum + value, 0);
  return weights.map((value) => (total > 0 ? (100 * value) / total : 100 / weights.length));
}

function drawSliders(model, place) {
  const rows = model.get("objectives").map((objective, index) => {
    const row = made("label", place, { style: "display:flex;gap:.6em;align-items:center" });
    made("span", row, { style: "width:9em" }, objective);
    const slider = made("input", row, { type: "range", min: 0, max: 100, step: 1 });
    slider.addEventListener("input", () => {
      const weights = model.get("weights").slice();
      weights[index] = Number(slider.value);
      model.set("weights", weights);
      model.save_changes();
    });
    return { slider, share: made("span", row) };
  });
  return () => {
    const weights = model.get("weights");
    const told = shares(weights);
    rows.forEach(({ slider, share }, index) => {
      slider.value = weights[index];
      share.textContent = `${told[index].toFixed(0)} %`;
    });
  };
}

// Second objective across, first one up, the better end of each at the lower left.
function drawFront(model, place) {
  const points = model.get("points");
  const [up, across] = model.get("objectives");
  if (!across) return () => {};
  const label = `front: ${up} against ${across}`;
  const svg = made("svg", place, { width: WIDE, height: HIGH, role: "img", "aria-label": label });
  const at = ([x, y]) => ({
    cx: MARGIN + x * (WIDE - 2 * MARGIN),
    cy: HIGH - MARGIN - y * (HIGH - 2 * MARGIN),
  });
  points.forEach((point) => made("circle", svg, { ...at(point), r: 3, fill: "#8a939c" }));
  const chosen = made("circle", svg, { r: 6, fill: "#d55e00", class: "chosen" });
  return () => {
    const { point } = model.get("answer");
    chosen.setAttribute("visibility", point ? "visible" : "hidden");
    if (point) for (const [name, value] of Object.entries(at(point))) chosen.setAttribute(name, value);
  };
}

function drawAnswer(model, place) {
  const line = made("div", place, { class: "answer", role: "status" });
  const button = made("button", place, {}, "Ask the optimizer");
  button.addEventListener("click", () => {
    model.set("asked", model.get("asked") + 1);
    model.save_changes();
  });
  return () => {
    const { key = "", words = "", source = "" } = model.get("answer");
    line.textContent = model.get("fault") || `${key} (${source}): ${words}`;
    button.disabled = model.get("busy");
    button.textContent = model.get("busy") ? "asking …" : "Ask the optimizer";
  };
}

function render({ model, el }) {
  made("strong", el, {}, model.get("title"));
  const draw = [drawSliders, drawFront, drawAnswer].map((part) => part(model, made("div", el)));
  const again = () => draw.forEach((part) => part());
  ["weights", "answer", "fault", "busy"].forEach((name) => model.on(`change:${name}`, again));
  again();
}

export default { render };
