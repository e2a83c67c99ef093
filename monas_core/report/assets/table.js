// The members of one front as a table that sorts, and the same as files to keep.

const order = { column: null, falling: false };

function columns() {
  const values = content.objectives.map((objective) => ({
    id: objective.name,
    title: `${withUnit(objective.name)} ${ARROW[objective.direction] ?? ""}`,
    value: (member) => member.values[objective.name],
    shown: (member) => number(member.values[objective.name]),
    note: (member) => member.origin[objective.name],
    kind: "number",
  }));
  const trained = content.objectives.filter((objective) =>
    frontNow().members.some((member) => member.retrained?.[objective.name] !== undefined));
  values.push(...trained.map(({ name }) => ({
    id: `${name}-retrained`, title: `${name} retrained`, kind: "number",
    value: (member) => member.retrained?.[name] ?? Infinity,
    shown: (member) => number(member.retrained?.[name]),
  })));
  const summary = (member) => content.summaries[member.key] ?? "";
  const short = frontNow().members.some((member) => member.exceeds_memory);
  const memory = { id: "memory", title: "memory", value: memoryLine, shown: memoryLine, kind: "text" };
  return [
    { id: "key", title: "key", value: (member) => member.key, kind: "key" },
    ...values,
    { id: "origin", title: "origin", value: originsOf, shown: originsOf, kind: "origins" },
    ...(short ? [memory] : []),
    { id: "architecture", title: "architecture", value: summary, shown: summary, kind: "text" },
  ];
}

// "acc, lat measured; energy modelled"; one word where all values have the same origin.
const SHORT = {
  measured: "measured", tabulated: "published", modelled: "modelled", predicted: "predicted" };

function originsOf(member) {
  const found = new Map();
  for (const name of names) {
    const origin = SHORT[member.origin[name]] ?? member.origin[name];
    found.set(origin, [...(found.get(origin) ?? []), name]);
  }
  if (found.size === 1) return [...found.keys()][0];
  return [...found].map(([origin, known]) => `${known.join(", ")} ${origin}`).join("; ");
}

function drawTable(table, front, select) {
  const shown = front.members.map((member, index) => ({ member, index }));
  const column = columns().find((c) => c.id === order.column);
  if (column) {
    shown.sort((a, b) => {
      const [x, y] = [column.value(a.member), column.value(b.member)];
      const rising = typeof x === "number" ? x - y : String(x).localeCompare(String(y));
      return order.falling ? -rising : rising;
    });
  }
  const body = element("tbody");
  for (const { member, index } of shown) body.append(tableRow(member, index, select));
  table.replaceChildren(tableHead(() => {
    drawTable(table, front, select);
    markRow(table, chosenIndex());
  }), body);
}

// Only the row changes when another network is selected.
function markRow(table, chosen) {
  const before = table.querySelector("tr.chosen");
  before?.classList.remove("chosen");
  before?.removeAttribute("aria-current");
  const row = table.querySelector(`tr[data-index="${chosen}"]`);
  row?.classList.add("chosen");
  row?.setAttribute("aria-current", "true");
}

function tableHead(again) {
  const row = element("tr");
  for (const column of columns()) {
    const sorted = order.column === column.id;
    const direction = sorted ? (order.falling ? "descending" : "ascending") : "none";
    const head = element("th", "", { scope: "col", class: column.kind, "aria-sort": direction });
    const arrow = sorted ? (order.falling ? " ▼" : " ▲") : "";
    const button = element("button", column.title + arrow, { type: "button", id: `by-${column.id}` });
    button.addEventListener("click", () => {
      order.falling = sorted && !order.falling;
      order.column = column.id;
      again();
      byId(`by-${column.id}`).focus();
    });
    head.append(button);
    row.append(head);
  }
  const made = element("thead");
  made.append(row);
  return made;
}

function tableRow(member, index, select) {
  const row = element("tr", "", { "data-index": index });
  for (const column of columns()) {
    if (column.kind === "key") {
      const cell = element("td");
      const button = element("button", member.key, { type: "button", "data-key": member.key });
      button.addEventListener("click", () => select(index));
      cell.append(button);
      row.append(cell);
    } else {
      const cell = element("td", column.shown(member), { class: column.kind });
      if (column.note) cell.title = column.note(member);
      row.append(cell);
    }
  }
  return row;
}

function offerDownloads(device) {
  const files = {
    json: ["application/json", `${JSON.stringify(content.fronts[device], null, 1)}\n`],
    csv: ["text/csv", content.csv[device]],
  };
  for (const [kind, [type, text]] of Object.entries(files)) {
    const link = byId(`download-${kind}`);
    link.href = `data:${type};charset=utf-8,${encodeURIComponent(text)}`;
    link.download = `${device}.${kind}`;
  }
}
