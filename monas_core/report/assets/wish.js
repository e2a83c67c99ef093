// Which member a wish singles out: the arithmetic of monas_core/selection.py and Run.pick.

const LINEAR_SHARE = 0.01; // of the linear term that breaks ties, as there

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
  const points = comparable(front.members.map((m) => names.map((name) => m.values[name])));
  const [stored] = comparable([front.ideal_point]);
  const column = (m) => points.map((point) => point[m]);
  const ideal = names.map((_, m) => Math.min(stored[m], ...column(m)));
  const worst = names.map((_, m) => Math.max(...column(m)));
  return points.map((point) =>
    point.map((value, m) => (value - ideal[m]) / (worst[m] > ideal[m] ? worst[m] - ideal[m] : 1)),
  );
}

// Index of the best member for weights that sum to 1: augmented Chebyshev.
function choose(front, weights) {
  let best = -1;
  let lowest = Infinity;
  scaledMembers(front).forEach((point, index) => {
    const weighted = point.map((value, m) => weights[m] * value);
    const sum = (values) => values.reduce((total, value) => total + value, 0);
    const linear = sum(weighted) + sum(point) / point.length;
    const value = Math.max(...weighted) + LINEAR_SHARE * linear;
    if (value < lowest) [best, lowest] = [index, value];
  });
  return best;
}

// Weights that sum to 1; all alike where nothing matters.
function normalised(given) {
  const total = given.reduce((sum, value) => sum + value, 0);
  return given.map((value) => (total > 0 ? value / total : 1 / given.length));
}
