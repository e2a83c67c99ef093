// Puts the page together and answers to what a person does.

const faults = [];
window.addEventListener("error", (event) => faults.push(event.message));

function refresh() {
  const index = chosenIndex();
  const member = frontNow().members[index] ?? null;
  showWish();
  if (member) showSelected(member, index);
  byId("selected").hidden = member === null;
  drawTable(byId("table"), frontNow(), index, selectByHand);
  showChosenRow();
  drawPairs(byId("pairs"), state.device, member);
  drawOverview(byId("overview"), state.across, state.up, state.device, member);
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
  const focused = document.activeElement?.dataset?.key;
  refresh();
  if (focused) document.querySelector(`#table [data-key="${CSS.escape(focused)}"]`)?.focus();
}

function changeDevice(device) {
  state.device = device;
  state.byHand = null;
  byId("device").value = device;
  for (const place of document.querySelectorAll(".device-name")) place.textContent = device;
  offerDownloads(device);
  refresh();
}

function listen(place) {
  place.on("plotly_click", ({ points }) => {
    const key = points[0]?.customdata;
    const device = devices.find((name) => plain(name) === points[0]?.data.name);
    if (!key || !device) return;
    if (device !== state.device) changeDevice(device);
    selectByHand(frontNow().members.findIndex((member) => member.key === key));
  });
}

function drawConstant() {
  drawCurves(byId("hypervolume"));
  names.forEach((name, m) => drawPredicted(byId("predicted").children[m], name));
}

function start() {
  readAddress();
  const objectives = names.map((name) => [withUnit(name), name]);
  const marked = (name) => (content.fronts[name].held_out ? `${name} (not searched)` : name);
  fillSelect(byId("device"), devices.map((name) => [marked(name), name]), state.device, (name) => {
    changeDevice(name);
    writeAddress();
  });
  for (const side of ["across", "up"]) {
    fillSelect(byId(side), objectives, state[side], (name) => {
      state[side] = name;
      refresh();
    });
  }
  byId("pairs").replaceChildren(...pairsOfObjectives().map(() => element("div")));
  byId("predicted").replaceChildren(...names.map(() => element("div")));
  buildSliders(() => {
    refresh();
    writeAddress();
  });
  changeDevice(state.device);
  drawConstant();
  for (const place of [...byId("pairs").children, byId("overview")]) listen(place);
  byId("wish").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => {
    readAddress();
    buildSliders(() => {
      refresh();
      writeAddress();
    });
    changeDevice(state.device);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    refresh();
    drawConstant();
  });
}

start();
window.monas = { choose, content, faults, state };
