// How the search went, and how far predictions were from the values then obtained.

// What is still missing to the last hypervolume, on a scale that tells halves from hundredths.
function drawCurves(place) {
  const told = Object.entries(content.curves).filter(([device]) => !hidden.has(device));
  if (!Object.keys(content.curves).length) {
    place.replaceChildren(element("p", "The log of this run tells no front before the last one.",
      { class: "notice" }));
    place.style.height = "auto";
    return;
  }
  const traces = told.map(([device, curve]) => {
    const mark = device in content.fronts ? markOf(device) : { color: colour("--dim") };
    const known = curve.gaps.map((gap) => (gap > 0 ? gap : null));
    return {
      type: "scatter", mode: "lines+markers", connectgaps: false,
      name: plain(device), x: curve.seconds, y: known, marker: { ...mark, size: 5 },
      line: { color: mark.color, shape: "hv", width: 2 },
      hovertemplate: `${plain(device)}<br>%{x:.1f} s: %{y:.3g} below the last<extra></extra>`,
    };
  });
  const every = told.flatMap(([, curve]) => curve.gaps).filter((gap) => gap > 0);
  draw(place, traces, {
    xaxis: axis("time since the start of the run [s]", told.flatMap(([, c]) => c.seconds)),
    yaxis: axisOf("hypervolume still to gain [share of the box]", every.length > 0, 1, "~g"),
  }, "Hypervolume that each device's front still gained, over time");
}

function drawPredicted(place, name) {
  const traces = [];
  const both = [];
  for (const device of devices) {
    const known = frontOf(device).members.filter((m) => Number.isFinite(m.predicted?.[name]));
    const x = known.map((m) => m.predicted[name]);
    const y = known.map((m) => m.values[name]);
    both.push(...x, ...y);
    const solid = (m) => ["measured", "tabulated"].includes(m.origin[name]);
    const shape = markOf(device).symbol.replace("-open", "");
    traces.push({
      type: "scatter", mode: "markers", name: plain(device), x, y,
      text: known.map((m) => hover(device, m)), hovertemplate: "%{text}<extra></extra>",
      marker: { color: markOf(device).color, size: 7,
        symbol: known.map((m) => shape + (solid(m) ? "" : "-open")) },
    });
  }
  if (!both.length) {
    place.replaceChildren(element("p", `${name}: nothing was predicted.`, { class: "notice" }));
    return;
  }
  const ends = [Math.min(...both), Math.max(...both)];
  traces.unshift({ type: "scatter", mode: "lines", x: ends, y: ends, hoverinfo: "skip",
    line: { color: colour("--dim"), width: 1, dash: "dash" } });
  draw(place, traces, {
    xaxis: axis(`predicted ${withUnit(name)}`, both, name),
    yaxis: axis(`obtained ${withUnit(name)}`, both, name),
  }, `Predicted against obtained ${name}, all devices`);
}

function drawCompared(place) {
  const fronts = content.compared[state.device];
  place.hidden = !fronts;
  byId("not-compared").hidden = Boolean(fronts);
  if (!fronts) return;
  const [across, up] = [names[1] ?? names[0], names[0]];
  const colours = colour("--series").split(/\s+/);
  const dashes = ["solid", "dash", "dot", "dashdot"];
  const entries = Object.entries(fronts);
  const traces = entries.map(([run, rows], index) => {
    const members = rows.map((row) => ({
      values: Object.fromEntries(names.map((name, m) => [name, row[m]])) }));
    const line = { color: colours[index % colours.length], dash: dashes[index % dashes.length] };
    return { ...stepLine(members, across, up, line), mode: "lines+markers", name: plain(run),
      marker: { size: 5 }, hoverinfo: "all" };
  });
  const every = (m) => entries.flatMap(([, rows]) => rows.map((row) => row[m]));
  draw(place, traces, {
    showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    xaxis: axis(withUnit(across), every(names.indexOf(across)), across),
    yaxis: axis(withUnit(up), every(0), up),
  }, `Fronts of ${entries.length} runs on ${state.device}: ${up} against ${across}`);
}
