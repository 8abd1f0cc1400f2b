// The availability matrix with the charts below it. Every change of the matrix redraws the charts at once where the model runs in
// this browser, else when the server has answered. Each finished gesture sends the whole matrix to the server, so that none is
// lost when several are under way, and an answer to an earlier gesture does not paint over a later one or one under way.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".availability_matrix");
  const state = (root.state ??= { root, focus: [0, 0], sent: 0 });
  const { selected } = state.data ?? data;
  Object.assign(state, { data, send: (name, value) => root.isConnected && setTriggerValue(name, value) });
  const frame = JSON.stringify([data.modalities, data.utterances, data.left, data.right, data.plan.rows, data.plan.task, data.colours]);
  if (state.frame !== frame) {
    Object.assign(state, { frame, focus: [0, 0], sent: 0, answer: null, underWay: false });
    build(root, state);
  }
  root.classList.toggle("large", data.large);
  if (data.stamp >= state.sent && !state.underWay) {
    paintCells(state);
    state.answer = { ...data.here, observed: data.observed };
  } else {
    state.data.selected = selected;
  }
  state.numbers.forEach((number, s) => number.classList.toggle("selected", s === state.data.selected));
  state.plot.setAttribute("aria-label", data.alt);
  drawLegend(state);
  drawChart(state);
  openModel(state);
}

function build(root, state) {
  const { left, utterances } = state.data;
  root.replaceChildren();
  root.style.setProperty("--narrow", `${left + utterances * 12}px`);
  const scroll = element("div", "scroll", root);
  state.changed = () => answerCells(state);
  state.lifted = (places) => tellServer(state, places);
  state.selected = (utterance) => selectUtterance(state, utterance);
  buildCells(element("div", "grid", scroll), state);
  buildKey(scroll);
  state.legend = element("div", "key legend", scroll);
  buildChart(scroll, state);
  const below = element("div", "below", root);
  buildTable(below, state);
  buildSaving(below, state);
  state.where = element("p", "where", root);
  state.spoken = element("p", "spoken", root);
  state.spoken.setAttribute("aria-live", "polite");
}

async function tellServer(state, places) {
  const stamp = (state.sent += 1);
  const observed = columnsText(state);
  const utterances = [...new Set(places.map(([s]) => s))];
  if (utterances.length === 1) state.data.selected = utterances[0];
  const answer = await answerSoon(state);
  const { fused, heads, weights } = answer?.observed.join() === observed.join() ? answer : {};
  state.send("edit", { observed, utterances, stamp, answer: fused ? { fused, heads, weights } : null });
  sayChange(state);
}

function selectUtterance(state, utterance) {
  state.data.selected = utterance;
  drawChart(state);
  state.send("select", { utterance });
}
