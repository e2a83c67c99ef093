// One line per network through its values and the choices that matter most.

const PARALLEL = { width: 1000, height: 300, top: 46, foot: 30, side: 60 };

function parallelAxes() {
  const members = frontNow().members;
  const values = names.map((name) => {
    const known = members.map((member) => member.values[name]);
    const log = content.ratios.includes(name) && known.every((value) => value > 0);
    const size = (value) => (log ? Math.log(value) : value);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const flip = objectiveOf(name).direction !== "max";
    const share = (member) => {
      const at = (size(member.values[name]) - size(low)) / (size(high) - size(low) || 1);
      return flip ? 1 - at : at;
    };
    const unit = objectiveOf(name).unit;
    const ends = flip ? [low, high] : [high, low];
    return { title: unit ? `${name} [${unit}]` : name, share, ends: ends.map((value) => number(value, 3)) };
  });
  const rows = content.blueprint.flatMap((block) => block.choices)
    .filter((row) => row.options.length > 1 && new Set(members.map((m) => String(m.architecture.choices[row.name]))).size > 1);
  const rank = (row) => {
    const found = content.important.findIndex((stem) => row.name.startsWith(stem));
    return found < 0 ? content.important.length : found;
  };
  const kept = rows.map((row, place) => [rank(row), place, row]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return [...values, ...kept.slice(0, 8).map(([, , row]) => choiceAxis(row))];
}

function choiceAxis(row) {
  const share = (member) => {
    const answers = activeAnswers(member.architecture.choices);
    if (!(row.name in answers)) return null;
    return row.options.indexOf(answers[row.name]) / (row.options.length - 1);
  };
  const ends = [shownAnswer(row.options.at(-1)), shownAnswer(row.options[0])];
  return { title: row.name.replaceAll("_", " "), share, ends };
}

const svg = (tag, attributes, text = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
};

function drawParallel(place, select) {
  const { width, height, top, foot, side } = PARALLEL;
  const axes = parallelAxes();
  const step = (width - 2 * side) / Math.max(1, axes.length - 1);
  const high = height - top - foot;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Networks of the front of ${state.device} as lines through their values and choices` });
  frontNow().members.forEach((member, index) => {
    let path = "";
    let down = false;
    axes.forEach((one, i) => {
      const share = one.share(member);
      if (share !== null) path += `${down ? "L" : "M"}${side + i * step} ${top + high * (1 - share)}`;
      down = share !== null;
    });
    const line = svg("path", { d: path, "data-index": index, stroke: shade(axes[0].share(member)) });
    line.append(svg("title", {}, `${member.key}: ${content.summaries[member.key] ?? ""}`));
    line.addEventListener("click", () => select(index));
    picture.append(line);
  });
  axes.forEach((one, i) => {
    const x = side + i * step;
    picture.append(svg("line", { x1: x, x2: x, y1: top, y2: top + high }));
    picture.append(svg("text", { x, y: i % 2 ? 12 : 27, "text-anchor": "middle", class: "axis" }, one.title));
    picture.append(svg("text", { x, y: top - 5, "text-anchor": "middle" }, one.ends[0]));
    picture.append(svg("text", { x, y: height - foot + 16, "text-anchor": "middle" }, one.ends[1]));
  });
  place.replaceChildren(picture);
}

// From the dearest colour (worst of the first objective) to the best.
function shade(share) {
  return `color-mix(in oklab, var(--accent) ${Math.round(100 * share)}%, var(--series-2))`;
}

function markParallel(place, index) {
  place.querySelector("path.chosen")?.classList.remove("chosen");
  const line = place.querySelector(`path[data-index="${index}"]`);
  line?.classList.add("chosen");
  if (line) place.firstChild.insertBefore(line, place.querySelector("line")); // above the others
}
