// The plots. Each is drawn anew when device, axes or colours change; a wish only moves marks.

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star"];
// no bar of buttons: seven tab stops a plot; pictures are saved by one button a section
const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "reset" };
const devices = Object.keys(content.fronts);
const hidden = new Set();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const narrow = () => window.innerWidth < 600;

function markOf(device) {
  const colours = colour("--series").split(/\s+/);
  const index = devices.indexOf(device);
  const shape = SYMBOLS[(index + Math.floor(index / colours.length)) % SYMBOLS.length];
  const open = content.fronts[device].held_out ? "-open" : "";
  return { color: colours[index % colours.length], symbol: shape + open };
}

// Logarithmic for a cost whose values span more than half a decade.
function axis(title, values, name = null) {
  const known = values.filter((value) => Number.isFinite(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const log = name !== null && content.ratios.includes(name) && low > 0 && high > 3 * low;
  return axisOf(title, log, high > 300 * low ? 1 : "D2", high < 1e5 ? "~g" : "~s");
}

function axisOf(title, log, dtick, tickformat) {
  const grid = colour("--line");
  const base = { title: { text: plain(title), standoff: 8 }, gridcolor: grid, linecolor: grid };
  // a format makes Plotly write 0.05 where it would only write the digit 5
  const scale = log ? { type: "log", dtick, tickformat } : {};
  return { ...base, ...scale, zeroline: false, automargin: true };
}

function layout(extra) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--ink"), family: "system-ui, sans-serif", size: narrow() ? 11 : 13 },
    margin: { l: 56, r: 12, t: 12, b: 48 },
    showlegend: false,
    hoverlabel: { align: "left", bgcolor: colour("--raised"), bordercolor: colour("--line"),
      font: { color: colour("--ink") } },
    hovermode: "closest",
    dragmode: window.matchMedia("(pointer: coarse)").matches ? false : "zoom",
    ...extra,
  };
}

function valueLine(member, name) {
  const spread = member.spread?.[name];
  const around = spread === undefined ? "" : ` ± ${number(spread / 2, 2)}`;
  const predicted = member.predicted?.[name];
  const guess = Number.isFinite(predicted) ? `, predicted ${number(predicted)}` : "";
  const trained = member.retrained?.[name];
  const alone = Number.isFinite(trained) ? `, retrained ${number(trained)}` : "";
  const unit = objectiveOf(name).unit;
  return `${name} ${number(member.values[name])}${around} ${unit} (${ORIGINS[member.origin[name]] ?? member.origin[name]}${guess}${alone})`;
}

// What a network needs beyond the memory of the device; empty where it fits.
function memoryLine(member) {
  const over = member.exceeds_memory;
  return over ? `needs ${number(over.needs_mb)} MB of memory, there are ${number(over.has_mb)}` : "";
}

function hover(device, member) {
  const choices = lines(content.summaries[member.key] ?? "");
  const over = memoryLine(member);
  const told = [...names.map((name) => valueLine(member, name)), ...(over ? [over] : [])];
  const rows = [...told, ...choices].map(plain);
  return `<b>${plain(member.key)}</b> on ${plain(device)}<br>${rows.join("<br>")}`;
}

// A plot with a name that a screen reader says; the tables hold the same values.
function draw(place, traces, extra, label) {
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", label);
  return Plotly.react(place, traces, layout(extra), CONFIG);
}

// Those that no other beats in these two objectives, from the left.
function steps(members, across, up) {
  const sign = (name) => (objectiveOf(name).direction === "max" ? -1 : 1);
  const sorted = members.slice().sort((a, b) =>
    sign(across) * (a.values[across] - b.values[across]) || sign(up) * (a.values[up] - b.values[up]));
  let lowest = Infinity;
  return sorted.filter((member) => {
    const value = sign(up) * member.values[up];
    if (value >= lowest) return false;
    lowest = value;
    return true;
  });
}

function stepLine(members, across, up, line) {
  const corner = steps(members, across, up);
  return {
    type: "scatter", mode: "lines", hoverinfo: "skip",
    x: corner.map((member) => member.values[across]),
    y: corner.map((member) => member.values[up]),
    line: { width: 1.5, shape: "hv", ...line },
  };
}

function frontTraces(device, across, up) {
  const { members, held_out: heldOut } = content.fronts[device];
  const mark = markOf(device);
  const dots = {
    type: "scatter", mode: "markers", name: plain(device),
    x: members.map((member) => member.values[across]),
    y: members.map((member) => member.values[up]),
    customdata: members.map((member) => member.key),
    text: members.map((member) => hover(device, member)),
    hovertemplate: "%{text}<extra></extra>",
    marker: { ...mark, size: 8 },
  };
  return [stepLine(members, across, up, { color: mark.color, dash: heldOut ? "dash" : "solid" }), dots];
}

// What the search evaluated, as far as both values are known.
function cloudTrace(device, across, up) {
  const known = content.cloud[device];
  if (!known || !byId("show-cloud").checked) return [];
  return [{
    type: "scatter", mode: "markers", hoverinfo: "skip",
    x: known[across], y: known[up], marker: { size: 4, color: colour("--dim"), opacity: 0.35 },
  }];
}

// The members as they are when trained alone, and the front they make.
function retrainedTraces(device, across, up) {
  const told = content.fronts[device].retrained;
  if (!told) return [];
  const members = told.members.map((m) => ({ ...m, values: { ...m.values, ...m.retrained } }));
  return [
    stepLine(members, across, up, { color: colour("--mark"), dash: "dot" }),
    {
      type: "scatter", mode: "markers", x: members.map((m) => m.values[across]),
      y: members.map((m) => m.values[up]), text: members.map((m) => hover(device, m)),
      hovertemplate: "retrained %{text}<extra></extra>",
      marker: { symbol: "star-open", size: 10, color: colour("--mark") },
    },
  ];
}

function kneeTrace(device, across, up) {
  const key = content.knees[device]?.[across];
  const member = up === names[0] && frontOf(device).members.find((m) => m.key === key);
  if (!member) return [];
  return [{
    type: "scatter", mode: "markers+text", x: [member.values[across]], y: [member.values[up]],
    text: ["knee"], textposition: "bottom left", hoverinfo: "skip",
    marker: { symbol: "diamond-open", size: 15, color: colour("--mark") },
  }];
}

const frontOf = (device) => content.fronts[device];

// Pairs of objectives, costs across and what comes first up.
function pairsOfObjectives() {
  const pairs = names.flatMap((up, i) => names.slice(i + 1).map((across) => [across, up]));
  return pairs.length ? pairs : [[names[0], names[0]]];
}

const valuesOf = (device, name) => content.fronts[device].members.map((m) => m.values[name]);

function drawPairs(place, device) {
  pairsOfObjectives().forEach(([across, up], index) => {
    const traces = [
      ...cloudTrace(device, across, up), ...frontTraces(device, across, up),
      ...retrainedTraces(device, across, up), ...kneeTrace(device, across, up),
    ];
    const shown = (name) => [...valuesOf(device, name), ...(content.cloud[device]?.[name] ?? [])];
    draw(place.children[index], traces, {
      xaxis: axis(withUnit(across), shown(across), across),
      yaxis: axis(withUnit(up), shown(up), up),
    }, `Front of ${device}: ${up} against ${across}, ${frontOf(device).members.length} networks`);
    markable(place.children[index], across, up);
  });
}

const shownDevices = () => devices.filter((device) => !hidden.has(device));

function drawOverview(place, across, up) {
  const shown = shownDevices();
  const all = (name) => shown.flatMap((d) => valuesOf(d, name));
  draw(place, shown.flatMap((d) => frontTraces(d, across, up)), {
    xaxis: axis(withUnit(across), all(across), across),
    yaxis: axis(withUnit(up), all(up), up),
  }, `Fronts of ${shown.length} devices: ${up} against ${across}`);
  markable(place, across, up);
}

// -- the mark of the selected network ------------------------------------------------

const marked = new Map();

// A ring over a plot that follows the selection without drawing the plot again.
function markable(place, across, up) {
  let entry = marked.get(place);
  if (!entry) {
    entry = { ring: element("i", "", { class: "ring" }) };
    marked.set(place, entry);
    place.on("plotly_afterplot", () => putRing(place));
  }
  Object.assign(entry, { across, up });
  if (entry.ring.parentElement !== place) place.append(entry.ring);
  putRing(place);
}

function putRing(place) {
  const { ring, across, up } = marked.get(place);
  const member = selectedMember();
  const { xaxis, yaxis } = place._fullLayout ?? {};
  const foreign = place.id === "overview" && hidden.has(state.device);
  ring.hidden = !member || !xaxis || foreign;
  if (ring.hidden) return;
  const [x, y] = [xaxis.d2p(member.values[across]), yaxis.d2p(member.values[up])];
  const outside = x < -1 || y < -1 || x > xaxis._length + 1 || y > yaxis._length + 1;
  ring.hidden = outside || !Number.isFinite(x + y);
  ring.style.transform = `translate(${xaxis._offset + x}px, ${yaxis._offset + y}px)`;
}

const moveRings = () => [...marked.keys()].forEach(putRing);

// -- names of devices as buttons that show and hide -----------------------------------

function drawLegend(place, changed) {
  const buttons = devices.map((device) => {
    const { color } = markOf(device);
    const held = frontOf(device).held_out;
    const button = element("button", "", { type: "button", "aria-pressed": String(!hidden.has(device)) });
    const line = element("i", "", { class: held ? "swatch dashed" : "swatch" });
    line.style.borderColor = color;
    button.append(line, held ? `${device} (held out)` : device);
    button.addEventListener("click", () => {
      if (!hidden.delete(device)) hidden.add(device);
      changed();
      [...place.children].find((b) => b.textContent === button.textContent)?.focus();
    });
    return button;
  });
  place.replaceChildren(...buttons);
}
