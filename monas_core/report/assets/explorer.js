// The wish: a device, a share per objective and limits, kept in the address to be shared.

const state = {
  device: devices[0],
  weights: names.map(() => 1 / names.length),
  limits: {},
  byHand: null, // index of a member selected in a plot or the table
  across: names[1] ?? names[0],
  up: names[0],
};

const frontNow = () => content.fronts[state.device];
const limitKind = (name) => (objectiveOf(name).direction === "max" ? "min" : "max");

function chosenIndex() {
  return state.byHand ?? choose(frontNow(), state.weights, state.limits);
}

// "#device=NAME&prefer=acc:0.7,lat:0.3&limits=lat:1.1"; what is not understood stays as it was.
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  if (devices.includes(asked.get("device"))) state.device = asked.get("device");
  const pairs = (text) => Object.fromEntries(text.split(",").map((part) => part.split(/[:=]/)));
  const told = Object.entries(pairs(asked.get("limits") ?? ""));
  const known = told.map(([name, value]) => [name, Number.parseFloat(value)]);
  state.limits = Object.fromEntries(known.filter(([n, v]) => names.includes(n) && Number.isFinite(v)));
  if (!asked.get("prefer")) return;
  const weights = pairs(asked.get("prefer"));
  const found = names.map((name) => Number(weights[name] ?? 0));
  if (found.every((value) => value >= 0 && Number.isFinite(value)) && found.some((v) => v > 0)) {
    state.weights = normalised(found);
  }
}

function writeAddress() {
  const wish = state.weights.map((weight, m) => `${names[m]}:${+weight.toFixed(3)}`);
  const limits = Object.entries(state.limits).map(([name, value]) => `${name}:${value}`);
  const more = limits.length ? `&limits=${limits.join(",")}` : "";
  const address = `#device=${encodeURIComponent(state.device)}&prefer=${wish.join(",")}${more}`;
  history.replaceState(null, "", address);
}

function buildSliders(changed) {
  const rows = names.map((name, m) => {
    const row = element("div", "", { class: "slider" });
    const id = `weight-${m}`;
    const better = { min: "less is better", max: "more is better" }[objectiveOf(name).direction];
    row.append(element("label", `${withUnit(name)} · ${better ?? ""}`, { for: id }));
    row.append(element("output", "", { id: `share-${m}`, for: id }));
    const input = element("input", "", { type: "range", id, min: "0", max: "100", step: "1" });
    input.dataset.objective = name;
    input.disabled = names.length === 1;
    input.addEventListener("input", () => {
      state.weights = withShare(state.weights, m, Number(input.value) / 100);
      state.byHand = null;
      changed();
    });
    row.append(input, limitField(name, m, changed));
    return row;
  });
  byId("sliders").replaceChildren(...rows);
}

function limitField(name, m, changed) {
  const field = element("div", "", { class: "limit" });
  const text = limitKind(name) === "max" ? "at most" : "at least";
  field.append(element("label", `${text} `, { for: `limit-${m}` }));
  const input = element("input", "", {
    type: "number", id: `limit-${m}`, step: "any", placeholder: "no limit",
    "aria-label": `${name} ${text}, in ${objectiveOf(name).unit || "its unit"}`,
  });
  if (Number.isFinite(state.limits[name])) input.value = state.limits[name];
  input.addEventListener("input", () => {
    delete state.limits[name];
    if (input.value !== "" && Number.isFinite(input.valueAsNumber)) state.limits[name] = input.valueAsNumber;
    state.byHand = null;
    changed();
  });
  field.append(input, element("span", objectiveOf(name).unit, { class: "dim" }));
  return field;
}

function showWish() {
  state.weights.forEach((share, m) => {
    const text = `${Math.round(100 * share)} %`;
    const input = byId(`weight-${m}`);
    byId(`share-${m}`).textContent = text;
    input.setAttribute("aria-valuetext", text);
    const value = String(Math.round(100 * share));
    if (input.value !== value) input.value = value;
  });
  const wish = state.weights.map((share, m) => `${names[m]}=${+share.toFixed(3)}`).join(",");
  const limits = Object.entries(state.limits).map(([n, value]) => ` --${limitKind(n)} ${n}=${value}`);
  byId("command").textContent = `${content.pick} --device ${quoted(state.device)} --prefer ${wish}${limits.join("")}`;
}

// As a shell reads it.
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\"'\"'")}'`;
}

function showUnmet() {
  const told = Object.entries(state.limits).map(([name, bound]) => {
    const values = frontNow().members.map((member) => member.values[name]);
    const nearest = limitKind(name) === "max" ? Math.min(...values) : Math.max(...values);
    const sign = limitKind(name) === "max" ? "≤" : "≥";
    return `${name} ${sign} ${bound} (the nearest alone has ${number(nearest)} ${objectiveOf(name).unit})`;
  });
  byId("wish-line").textContent = frontNow().members.length
    ? `No network on this front meets ${told.join(" and ")}.` : "This front is empty.";
}

function showSelected(member, index) {
  byId("selected-key").textContent = member.key;
  const place = `network ${index + 1} of ${frontNow().members.length}`;
  byId("selected-why").textContent = state.byHand === null
    ? `Best for this wish on ${state.device}, ${place}.`
    : `Selected by hand on ${state.device}, ${place}; a slider goes back to the wish.`;
  const count = meeting(frontNow(), state.limits).length;
  byId("wish-line").textContent = Object.keys(state.limits).length
    ? `${count} of ${frontNow().members.length} networks meet the limits.`
    : "Shares of what matters sum to 100 %; costs are weighed as ratios.";
  byId("selected-values").replaceChildren(valuesTable(member));
  drawArchitecture(byId("selected-drawing"), member);
}

function valuesTable(member) {
  const trained = member.retrained ?? {};
  const more = Object.keys(trained).length ? ["retrained"] : [];
  const told = names.map((name) => {
    const spread = member.spread?.[name];
    const around = spread === undefined ? "" : ` ± ${number(spread / 2, 2)}`;
    const { unit, direction } = objectiveOf(name);
    const value = `${number(member.values[name])}${around} ${unit}`;
    const cells = [`${name} ${ARROW[direction] ?? ""}`, value, ORIGINS[member.origin[name]] ?? member.origin[name],
      number(member.predicted?.[name])];
    return more.length ? [...cells, number(trained[name])] : cells;
  });
  if (member.exceeds_memory) told.push(["memory", memoryLine(member), "", ""]);
  for (const [name, value] of Object.entries(member.extra ?? {})) {
    told.push([name.replaceAll("_", " "), number(value), "", ""]);
  }
  return filledTable(["objective", "value", "origin", "predicted", ...more], told);
}

function fillSelect(select, options, value, changed) {
  select.replaceChildren(...options.map(([text, id]) => element("option", text, { value: id })));
  select.value = value;
  select.addEventListener("change", () => changed(select.value));
}
