// The wish: a device and a weight per objective, kept in the address so that it can be shared.

const state = {
  device: devices[0],
  weights: names.map(() => 1),
  byHand: null, // index of a member selected in a plot or the table
  across: names[1] ?? names[0],
  up: names[0],
};

const frontNow = () => content.fronts[state.device];

function chosenIndex() {
  return state.byHand ?? choose(frontNow(), normalised(state.weights));
}

// "#device=NAME&prefer=acc:0.7,lat:0.3"; what is not understood is left as it was.
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  if (devices.includes(asked.get("device"))) state.device = asked.get("device");
  const prefer = asked.get("prefer");
  if (!prefer) return;
  const weights = Object.fromEntries(prefer.split(",").map((part) => part.split(/[:=]/)));
  const found = names.map((name) => Number(weights[name] ?? 0));
  if (found.every((value) => value >= 0 && Number.isFinite(value)) && found.some((v) => v > 0)) {
    state.weights = found;
  }
}

function writeAddress() {
  const wish = normalised(state.weights).map((weight, m) => `${names[m]}:${+weight.toFixed(3)}`);
  const address = `#device=${encodeURIComponent(state.device)}&prefer=${wish.join(",")}`;
  history.replaceState(null, "", address);
}

function buildSliders(changed) {
  const largest = Math.max(...state.weights);
  const rows = names.map((name, m) => {
    const row = element("div", "", { class: "slider" });
    const id = `weight-${m}`;
    const better = { min: "less is better", max: "more is better" }[objectiveOf(name).direction];
    row.append(element("label", `${withUnit(name)} · ${better ?? ""}`, { for: id }));
    row.append(element("output", "", { id: `share-${m}`, for: id }));
    const input = element("input", "", { type: "range", id, min: "0", max: "100", step: "1" });
    input.value = String(Math.round((100 * state.weights[m]) / largest));
    input.dataset.objective = name;
    input.addEventListener("input", () => {
      state.weights = names.map((_, i) => Number(byId(`weight-${i}`).value));
      state.byHand = null;
      changed();
    });
    row.append(input);
    return row;
  });
  byId("sliders").replaceChildren(...rows);
}

function showWish() {
  const shares = normalised(state.weights);
  shares.forEach((share, m) => {
    const text = `${Math.round(100 * share)} %`;
    byId(`share-${m}`).textContent = text;
    byId(`weight-${m}`).setAttribute("aria-valuetext", text);
  });
  const idle = state.weights.every((weight) => weight === 0);
  byId("wish-line").textContent = idle
    ? "Nothing matters: all objectives are weighed alike."
    : "Shares of what matters; costs are weighed as ratios.";
  const wish = shares.map((share, m) => `${names[m]}=${+share.toFixed(3)}`).join(",");
  byId("command").textContent = `${content.pick} --device ${state.device} --prefer ${wish}`;
}

function showSelected(member, index) {
  byId("selected-key").textContent = member.key;
  const place = `member ${index + 1} of ${frontNow().members.length}`;
  byId("selected-why").textContent = state.byHand === null
    ? `Best for this wish on ${state.device}, ${place}.`
    : `Selected by hand on ${state.device}, ${place}; a slider goes back to the wish.`;
  byId("selected-values").replaceChildren(valuesTable(member));
  drawArchitecture(byId("selected-drawing"), member);
}

function valuesTable(member) {
  const table = element("table");
  const head = element("tr");
  for (const title of ["objective", "value", "origin", "predicted"]) {
    head.append(element("th", title, { scope: "col" }));
  }
  table.append(element("thead"), element("tbody"));
  table.tHead.append(head);
  const add = (...cells) => {
    const row = element("tr");
    cells.forEach((text, i) => row.append(element(i ? "td" : "th", text, i ? {} : { scope: "row" })));
    table.tBodies[0].append(row);
  };
  for (const { name, unit, direction } of content.objectives) {
    const spread = member.spread?.[name];
    const around = spread === undefined ? "" : ` ± ${number(spread / 2, 2)}`;
    const value = `${number(member.values[name])}${around} ${unit}`;
    add(`${name} ${ARROW[direction] ?? ""}`, value, member.origin[name], number(member.predicted?.[name]));
  }
  if (member.exceeds_memory) add("memory", memoryLine(member), "", "");
  for (const [name, value] of Object.entries(member.extra ?? {})) {
    add(name.replaceAll("_", " "), number(value), "", "");
  }
  return table;
}

function fillSelect(select, options, value, changed) {
  select.replaceChildren(...options.map(([text, id]) => element("option", text, { value: id })));
  select.value = value;
  select.addEventListener("change", () => changed(select.value));
}
