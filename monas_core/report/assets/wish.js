// Which member a wish singles out: the arithmetic of monas_core/problem/selection.py and Run.pick.

const LINEAR_SHARE = 0.01; // of the linear term that breaks ties, as there
const CAUTION = 0.05; // by how much a predicted value keeps off a limit, as there

// Minimised values, one row per member; costs as logarithms, since people weigh them as ratios.
function comparable(rows) {
  const points = rows.map((row) => row.slice());
  names.forEach((name, column) => {
    const asRatio = content.ratios.includes(name) && points.every((point) => point[column] > 0);
    const sign = objectiveOf(name).direction === "max" ? -1 : 1;
    for (const point of points) {
      if (asRatio) point[column] = Math.log(point[column]);
      point[column] *= sign;
    }
  });
  return points;
}

// Members scaled to [0, 1] between the ideal point and the worst member.
function scaledMembers(front) {
  const points = comparable(front.members.map((m) => names.map((name) => reached(m, name))));
  const [stored] = comparable([front.ideal_point]);
  const column = (m) => points.map((point) => point[m]);
  const ideal = names.map((_, m) => Math.min(stored[m], ...column(m)));
  const worst = names.map((_, m) => Math.max(...column(m)));
  return points.map((point) =>
    point.map((value, m) => (value - ideal[m]) / (worst[m] > ideal[m] ? worst[m] - ideal[m] : 1)),
  );
}

const scaledOnce = new WeakMap();
function scaled(front) {
  if (!scaledOnce.has(front)) scaledOnce.set(front, scaledMembers(front));
  return scaledOnce.get(front);
}

// Positions of the members that meet limits by objective, predicted values with some room;
// without room where none has it.
function meeting(front, limits) {
  const asked = names.filter((name) => Number.isFinite(limits[name]));
  const clear = (member, name, careful) => {
    const most = objectiveOf(name).direction !== "max";
    const predicted = careful && member.origin[name] === "predicted";
    const value = reached(member, name) * (predicted ? 1 + (most ? CAUTION : -CAUTION) : 1);
    return most ? value <= limits[name] : value >= limits[name];
  };
  const found = (careful) => [...front.members.keys()].filter((index) =>
    asked.every((name) => clear(front.members[index], name, careful)));
  const careful = found(true);
  return careful.length ? careful : found(false);
}

// Index of the best member for weights that sum to 1, or -1: augmented Chebyshev.
function choose(front, weights, limits = {}) {
  const points = scaled(front);
  let best = -1;
  let lowest = Infinity;
  for (const index of meeting(front, limits)) {
    const point = points[index];
    let [largest, linear] = [0, 0];
    for (let m = 0; m < point.length; m += 1) {
      const weighted = weights[m] * point[m];
      if (m === 0 || weighted > largest) largest = weighted;
      linear += weighted + point[m] / point.length;
    }
    const value = largest + LINEAR_SHARE * linear;
    if (value < lowest) [best, lowest] = [index, value];
  }
  return best;
}

// Weights that sum to 1; all alike where nothing matters.
function normalised(given) {
  const total = given.reduce((sum, value) => sum + value, 0);
  return given.map((value) => (total > 0 ? value / total : 1 / given.length));
}

// Shares that still sum to 1 after one of them was set: the others keep their proportions.
function withShare(shares, index, share) {
  const others = shares.map((value, i) => (i === index ? 0 : value));
  if (shares.length === 1) return [1];
  const rest = others.reduce((sum, value) => sum + value, 0);
  const left = Math.max(0, 1 - share);
  return others.map((value, i) => {
    if (i === index) return share;
    return rest > 0 ? (left * value) / rest : left / (shares.length - 1);
  });
}
