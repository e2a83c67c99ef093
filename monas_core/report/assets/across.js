// The same wish, and the selected network, on every device.

function drawAcross(place, member) {
  const rows = devices.map((device) => {
    const front = frontOf(device);
    const known = content.across[member.key]?.[device];
    const own = names.map((name) => (known && name in known ? number(known[name]) : "–"));
    const onFront = front.members.some((other) => other.key === member.key);
    const index = choose(front, state.weights, state.limits);
    const best = front.members[index];
    const values = names.map((name) => (best ? number(best.values[name]) : "–"));
    const picked = best ? element("button", best.key, { type: "button", "data-device": device,
      "data-index": index, "aria-label": `${best.key}, select on ${device}` }) : "–";
    return [front.held_out ? `${device} (held out)` : device, ...own, onFront ? "yes" : "no", picked, ...values];
  });
  const heads = ["device", ...names.map(withUnit), "on its front", "this wish picks", ...names.map(withUnit)];
  place.replaceChildren(filledTable(heads, rows));
}
