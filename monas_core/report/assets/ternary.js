// For three objectives, all wishes as a triangle: a dot is one wish, its shade the network it picks.

const TRIANGLE = { width: 240, top: 22, height: 190, side: 20, parts: 12 };

function corners() {
  const { width, top, height, side } = TRIANGLE;
  return [[width / 2, top], [side, top + height - 10], [width - side, top + height - 10]];
}

function placeOf(weights) {
  return [0, 1].map((axis) => corners().reduce((sum, corner, m) => sum + weights[m] * corner[axis], 0));
}

// Shares of the three corners at a point; the nearest wish for one outside.
function wishAt(x, y) {
  const [a, b, c] = corners();
  const whole = (b[1] - c[1]) * (a[0] - c[0]) + (c[0] - b[0]) * (a[1] - c[1]);
  const first = ((b[1] - c[1]) * (x - c[0]) + (c[0] - b[0]) * (y - c[1])) / whole;
  const second = ((c[1] - a[1]) * (x - c[0]) + (a[0] - c[0]) * (y - c[1])) / whole;
  return normalised([first, second, 1 - first - second].map((share) => Math.max(0, share)));
}

// The sliders say and set the same: this is for pointers only.
function buildTernary(place, changed) {
  place.hidden = names.length !== 3;
  if (place.hidden) return;
  const { width, top, height } = TRIANGLE;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${top + height + 16}`, "aria-hidden": "true" });
  picture.append(svg("g", { class: "wishes" }));
  picture.append(svg("path", { class: "frame", d: `M${corners().map((c) => c.join(" ")).join("L")}Z` }));
  corners().forEach(([x, y], m) => {
    const anchor = ["middle", "start", "end"][m];
    picture.append(svg("text", { x: m === 1 ? 4 : m === 2 ? width - 4 : x, y: m ? y + 17 : y - 8,
      "text-anchor": anchor }, names[m]));
  });
  picture.append(svg("circle", { class: "wish", r: 7 }));
  const take = (event) => {
    const box = picture.getBoundingClientRect();
    const scale = width / box.width;
    state.weights = wishAt((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    state.byHand = null;
    changed();
  };
  picture.addEventListener("pointerdown", (event) => {
    picture.setPointerCapture(event.pointerId);
    take(event);
  });
  picture.addEventListener("pointermove", (event) => {
    if (event.buttons) take(event);
  });
  place.replaceChildren(picture);
}

function shadeTernary(place) {
  if (place.hidden) return;
  const front = frontNow();
  const { parts } = TRIANGLE;
  const dots = [];
  for (let i = 0; i <= parts; i += 1) {
    for (let j = 0; i + j <= parts; j += 1) {
      const weights = [i / parts, j / parts, (parts - i - j) / parts];
      const index = choose(front, weights, state.limits);
      if (index < 0) continue;
      const [cx, cy] = placeOf(weights);
      dots.push(svg("circle", { cx, cy, r: 6, fill: shade(1 - scaled(front)[index][0]) }));
    }
  }
  place.querySelector(".wishes").replaceChildren(...dots);
}

function markTernary(place) {
  if (place.hidden) return;
  const [cx, cy] = placeOf(state.weights);
  const dot = place.querySelector(".wish");
  dot.setAttribute("cx", cx);
  dot.setAttribute("cy", cy);
}
