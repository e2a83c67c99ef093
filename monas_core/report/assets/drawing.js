// An architecture drawn as its blocks, each with the answers that count.

function activeAnswers(answers) {
  const kept = {};
  const rows = content.blueprint.flatMap((block) => block.choices);
  const waiting = new Map(rows.map((row) => [row.name, row]));
  const isActive = (row) => {
    if (!row.condition) return true;
    const parent = waiting.get(row.condition.choice);
    if (parent && !isActive(parent)) return false;
    return row.condition.options.includes(answers[row.condition.choice]);
  };
  for (const row of rows) if (row.name in answers && isActive(row)) kept[row.name] = answers[row.name];
  return kept;
}

function drawArchitecture(place, member) {
  const answers = activeAnswers(member.architecture.choices);
  const blocks = content.blueprint.map((block) => {
    const choices = block.choices.filter((choice) => choice.name in answers);
    return choices.length ? drawnBlock(block.title, choices, answers) : null;
  });
  place.replaceChildren(...blocks.filter(Boolean));
}

function drawnBlock(title, choices, answers) {
  const block = element("div", "", { class: "block" });
  block.append(element("h4", title));
  for (const choice of choices) {
    const row = element("div", "", { class: "choice" });
    row.append(element("span", choice.label), element("b", shownAnswer(answers[choice.name])));
    row.append(meter(choice, choice.options.indexOf(answers[choice.name])));
    block.append(row);
  }
  return block;
}

// One cell per option: filled up to the answer where options have an order, else only the answer.
function meter(choice, position) {
  const bar = element("div", "", { class: "meter", "aria-hidden": "true" });
  bar.title = choice.options.map(shownAnswer).join(" · ");
  choice.options.forEach((_, index) => {
    const on = choice.ordered ? index <= position : index === position;
    bar.append(element("i", "", on ? { class: "on" } : {}));
  });
  return bar;
}
