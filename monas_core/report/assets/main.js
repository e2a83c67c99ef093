// Puts the page together and answers to what a person does.

const faults = [];
window.addEventListener("error", (event) => faults.push(event.message));
let shownKey = null;

const selectedMember = () => frontNow().members[chosenIndex()] ?? null;

// What depends on the wish: marks move and texts change, no plot is drawn.
function refresh() {
  showWish();
  markTernary(byId("ternary"));
  const index = chosenIndex();
  const member = frontNow().members[index] ?? null;
  byId("selected").hidden = member === null;
  if (member) {
    showSelected(member, index);
    if (byId("everywhere").open) drawAcross(byId("across-devices"), member);
  } else showUnmet();
  const key = `${state.device} ${index}`;
  if (key === shownKey) return;
  shownKey = key;
  markRow(byId("table"), index);
  showChosenRow();
  markParallel(byId("parallel"), index);
  moveRings();
}

// What depends on the device, too.
function redraw() {
  shownKey = null;
  drawTable(byId("table"), frontNow(), selectByHand);
  drawParallel(byId("parallel"), selectByHand);
  shadeTernary(byId("ternary"));
  refresh();
  drawPairs(byId("pairs"), state.device);
  drawOverview(byId("overview"), state.across, state.up);
  if (content.compared) drawCompared(byId("compared"));
  reachable();
}

// A frame that scrolls can be scrolled with keys.
function reachable() {
  for (const frame of document.querySelectorAll(".wide, .tall, pre")) {
    const scrolls = frame.scrollWidth > frame.clientWidth + 1 || frame.scrollHeight > frame.clientHeight + 1;
    if (scrolls) frame.setAttribute("tabindex", "0");
    else frame.removeAttribute("tabindex");
  }
}

// Scrolls the table alone, not the page.
function showChosenRow() {
  const row = document.querySelector("#table tr.chosen");
  const frame = byId("table").parentElement;
  const head = byId("table").tHead.offsetHeight;
  if (!row || !frame.clientHeight) return;
  const above = row.offsetTop - head < frame.scrollTop;
  const beneath = row.offsetTop + row.offsetHeight > frame.scrollTop + frame.clientHeight;
  if (above || beneath) frame.scrollTop = row.offsetTop - frame.clientHeight / 2;
}

function selectByHand(index) {
  state.byHand = index;
  refresh();
}

function walk(by) {
  const count = frontNow().members.length;
  if (count) selectByHand((Math.max(0, chosenIndex()) + by + count) % count);
}

function changeDevice(device) {
  state.device = device;
  state.byHand = null;
  byId("device").value = device;
  for (const place of document.querySelectorAll(".device-name")) place.textContent = device;
  for (const row of document.querySelectorAll("[data-words]")) row.hidden = row.dataset.words !== device;
  offerDownloads(device);
  redraw();
}

function listen(place) {
  place.on("plotly_click", ({ points }) => {
    const key = points.map((point) => point.customdata).find(Boolean);
    const device = devices.find((name) => plain(name) === points[0]?.data.name);
    if (!key || !device) return;
    if (device !== state.device) changeDevice(device);
    selectByHand(frontNow().members.findIndex((member) => member.key === key));
  });
}

function drawConstant() {
  drawLegend(byId("legend"), drawChosenDevices);
  drawLegend(byId("curve-legend"), drawChosenDevices);
  drawCurves(byId("hypervolume"));
  names.forEach((name, m) => drawPredicted(byId("predicted").children[m], name));
}

function drawChosenDevices() {
  drawLegend(byId("legend"), drawChosenDevices);
  drawLegend(byId("curve-legend"), drawChosenDevices);
  drawOverview(byId("overview"), state.across, state.up);
  drawCurves(byId("hypervolume"));
}

function changedWish() {
  refresh();
  writeAddress();
}

function changedLimits() {
  shadeTernary(byId("ternary"));
  changedWish();
}

function buildWish() {
  buildSliders(changedLimits);
  buildTernary(byId("ternary"), changedWish);
}

function savePictures(places, stem) {
  places.forEach((place, index) => {
    const filename = `${stem}-${state.device}${places.length > 1 ? `-${index + 1}` : ""}`;
    Plotly.downloadImage(place, { format: "png", width: 900, height: 600, scale: 2, filename });
  });
}

function listenToButtons() {
  byId("show-cloud").addEventListener("change", () => drawPairs(byId("pairs"), state.device));
  byId("show-cloud").parentElement.hidden = !Object.keys(content.cloud).length;
  byId("everywhere").addEventListener("toggle", refresh);
  byId("previous").addEventListener("click", () => walk(-1));
  byId("next").addEventListener("click", () => walk(1));
  byId("save-pairs").addEventListener("click", () => savePictures([...byId("pairs").children], "front"));
  byId("save-overview").addEventListener("click", () => savePictures([byId("overview")], "fronts"));
  byId("across-devices").addEventListener("click", ({ target }) => {
    const { device, index } = target.dataset;
    if (!device) return;
    if (device !== state.device) changeDevice(device);
    selectByHand(Number(index));
    writeAddress();
    byId("across-devices").querySelector(`[data-device="${CSS.escape(device)}"]`)?.focus();
  });
  byId("wish").addEventListener("submit", (event) => event.preventDefault());
}

function drawAgain() {
  redraw();
  drawConstant();
}

function listenToWindow() {
  window.addEventListener("hashchange", () => {
    if (!new URLSearchParams(location.hash.slice(1)).has("device")) return; // a link inside the page
    readAddress();
    buildWish();
    changeDevice(state.device);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAgain);
  window.addEventListener("resize", reachable);
  for (const [event, printing] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      document.documentElement.classList.toggle("printing", printing);
      drawAgain();
    });
  }
}

function start() {
  readAddress();
  const objectives = names.map((name) => [withUnit(name), name]);
  const said = (name) => (content.fronts[name].held_out ? `${name} (held out)` : name);
  fillSelect(byId("device"), devices.map((name) => [said(name), name]), state.device, (name) => {
    changeDevice(name);
    writeAddress();
  });
  for (const side of ["across", "up"]) {
    fillSelect(byId(side), objectives, state[side], (name) => {
      state[side] = name;
      drawOverview(byId("overview"), state.across, state.up);
    });
  }
  byId("pairs").replaceChildren(...pairsOfObjectives().map(() => element("div")));
  byId("predicted").replaceChildren(...names.map(() => element("div")));
  buildWish();
  changeDevice(state.device);
  drawConstant();
  for (const place of [...byId("pairs").children, byId("overview")]) listen(place);
  listenToButtons();
  listenToWindow();
  reachable();
}

start();
window.monas = { choose, content, faults, state, refresh };
