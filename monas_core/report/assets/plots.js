// The plots. Each is drawn again as a whole when the choice or the colours change.

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star"];
const CONFIG = {
  displaylogo: false,
  responsive: true,
  // named one by one: some versions would add a button that uploads the plot
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
};
const devices = Object.keys(content.fronts);

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function markOf(device) {
  const colours = colour("--series").split(/\s+/);
  const index = devices.indexOf(device);
  const shape = SYMBOLS[(index + Math.floor(index / colours.length)) % SYMBOLS.length];
  const open = content.fronts[device].held_out ? "-open" : "";
  return { color: colours[index % colours.length], symbol: shape + open };
}

// Logarithmic for a cost whose values span more than one decade.
function axis(title, values, name = null) {
  const known = values.filter((value) => Number.isFinite(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const log = name !== null && content.ratios.includes(name) && low > 0 && high > 10 * low;
  const grid = colour("--line");
  const base = { title: { text: plain(title), standoff: 8 }, gridcolor: grid, linecolor: grid };
  // a format makes Plotly write 0.05 where it would only write the digit 5
  const scale = log
    ? { type: "log", dtick: high > 300 * low ? 1 : "D2", tickformat: high < 1e5 ? "~g" : "~s" }
    : {};
  return { ...base, ...scale, zeroline: false, automargin: true };
}

function layout(extra) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--ink"), family: "system-ui, sans-serif", size: 13 },
    margin: { l: 56, r: 12, t: 12, b: 48 },
    hoverlabel: { align: "left", bgcolor: colour("--raised"), bordercolor: colour("--line"),
      font: { color: colour("--ink") } },
    hovermode: "closest",
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--dim"), activecolor: colour("--accent") },
    dragmode: window.matchMedia("(pointer: coarse)").matches ? false : "zoom",
    ...extra,
  };
}

const below = { orientation: "h", y: -0.2, yanchor: "top", x: 0 };

function valueLine(member, name) {
  const spread = member.spread?.[name];
  const around = spread === undefined ? "" : ` ± ${number(spread / 2, 2)}`;
  const predicted = member.predicted?.[name];
  const guess = Number.isFinite(predicted) ? `, predicted ${number(predicted)}` : "";
  const unit = objectiveOf(name).unit;
  return `${name} ${number(member.values[name])}${around} ${unit} (${member.origin[name]}${guess})`;
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

function draw(place, traces, extra) {
  return Plotly.react(place, traces, layout(extra), CONFIG);
}

function frontTrace(device, across, up) {
  const members = content.fronts[device].members.slice();
  members.sort((a, b) => a.values[across] - b.values[across]);
  const flat = names.length === 2;
  const mark = markOf(device);
  return {
    type: "scatter",
    mode: flat ? "lines+markers" : "markers",
    name: plain(device),
    x: members.map((member) => member.values[across]),
    y: members.map((member) => member.values[up]),
    customdata: members.map((member) => member.key),
    text: members.map((member) => hover(device, member)),
    hovertemplate: "%{text}<extra></extra>",
    marker: { ...mark, size: 8 },
    line: { color: mark.color, width: 1, shape: objectiveOf(across).direction === "max" ? "vh" : "hv" },
  };
}

function chosenTrace(member, across, up) {
  return {
    type: "scatter", mode: "markers", name: "selected", hoverinfo: "skip",
    x: [member.values[across]], y: [member.values[up]],
    marker: { symbol: "circle-open", size: 18, color: colour("--mark"), line: { width: 3 } },
  };
}

// Pairs of objectives, costs across and what comes first up.
function pairsOfObjectives() {
  const pairs = names.flatMap((up, i) => names.slice(i + 1).map((across) => [across, up]));
  return pairs.length ? pairs : [[names[0], names[0]]];
}

const valuesOf = (device, name) => content.fronts[device].members.map((m) => m.values[name]);

function drawPairs(place, device, member) {
  pairsOfObjectives().forEach(([across, up], index) => {
    const traces = [frontTrace(device, across, up)];
    if (member) traces.push(chosenTrace(member, across, up));
    draw(place.children[index], traces, {
      showlegend: false,
      xaxis: axis(withUnit(across), valuesOf(device, across), across),
      yaxis: axis(withUnit(up), valuesOf(device, up), up),
    });
  });
}

function drawOverview(place, across, up, device, member) {
  const all = (name) => devices.flatMap((d) => valuesOf(d, name));
  const traces = devices.map((d) => frontTrace(d, across, up));
  if (member) traces.push({ ...chosenTrace(member, across, up), showlegend: false });
  draw(place, traces, {
    legend: below,
    showlegend: true,
    xaxis: axis(withUnit(across), all(across), across),
    yaxis: axis(withUnit(up), all(up), up),
  });
}

function drawCurves(place) {
  const told = Object.entries(content.curves);
  if (!told.length) {
    place.replaceChildren(element("p", "The log of this run tells no front before the last one.",
      { class: "notice" }));
    place.style.height = "auto";
    return;
  }
  const traces = told.map(([device, curve]) => {
    const mark = device in content.fronts ? markOf(device) : { color: colour("--dim") };
    return {
      type: "scatter", mode: curve.seconds.length > 60 ? "lines" : "lines+markers",
      name: plain(device), x: curve.seconds, y: curve.values, marker: { ...mark, size: 6 },
      line: { color: mark.color, shape: "hv", width: 2 },
      hovertemplate: `${plain(device)}<br>%{x:.1f} s: %{y:.4f}<extra></extra>`,
    };
  });
  const every = told.flatMap(([, curve]) => curve.values);
  draw(place, traces, {
    legend: below,
    showlegend: true,
    xaxis: axis("time since the start of the run [s]", told.flatMap(([, c]) => c.seconds)),
    yaxis: axis("hypervolume [share of the box]", every),
  });
}

function drawPredicted(place, name) {
  const traces = [];
  const both = [];
  for (const device of devices) {
    const known = content.fronts[device].members.filter((m) => Number.isFinite(m.predicted?.[name]));
    const x = known.map((m) => m.predicted[name]);
    const y = known.map((m) => m.values[name]);
    both.push(...x, ...y);
    traces.push({
      type: "scatter", mode: "markers", name: plain(device), x, y,
      text: known.map((m) => hover(device, m)), hovertemplate: "%{text}<extra></extra>",
      marker: { ...markOf(device), size: 7 },
    });
  }
  const ends = [Math.min(...both), Math.max(...both)];
  traces.unshift({ type: "scatter", mode: "lines", x: ends, y: ends, hoverinfo: "skip",
    showlegend: false, line: { color: colour("--dim"), width: 1, dash: "dash" } });
  draw(place, traces, {
    showlegend: false,
    xaxis: axis(`predicted ${withUnit(name)}`, both, name),
    yaxis: axis(`evaluated ${withUnit(name)}`, both, name),
  });
}
