// The model in this browser, where it can: its files are fetched once and kept by the browser, and one worker answers for as long
// as the dashboard is open. Where it cannot, the server answers, and `state.why` says the reason.

const ALIKE = 1e-3; // numbers of the server and of the browser differ by less, in units of labels or probability
const PATIENCE = 400; // milliseconds that a finished gesture waits for its answer before the server is asked for it
const ASK_AGAIN = 4000; // milliseconds until the server is asked once more for files that are being made
let engine = null; // { model, conversation, open: promise of an Engine }

// Open the model for what `state` shows now, unless it is open.
async function openModel(state) {
  const { files, pending, why } = state.data.engine;
  const wanted = files && `${files.model} ${files.conversation}`;
  if (pending) askAgain(state);
  if (files && state.wanted === wanted) return;
  Object.assign(state, { wanted, engine: null, question: null });
  sayWhere(state, files ? "the model is on its way to this browser" : why);
  if (!files) return;
  try {
    const opened = await engineFor(files);
    if (state.wanted !== wanted) return;
    await compareWithServer(state, opened);
    state.engine = opened;
    sayWhere(state, "");
  } catch (error) {
    if (state.wanted === wanted) sayWhere(state, `this browser could not run the model (${error.message})`);
  }
}

function engineFor(files) {
  if (typeof WebAssembly !== "object") throw new Error("it has no WebAssembly");
  if (engine?.model !== files.model) {
    engine?.open.then((old) => old.close()).catch(() => {});
    engine = { model: files.model, conversation: files.conversation, open: openEngine(files) };
  } else if (engine.conversation !== files.conversation) {
    const open = engine.open.then((same) => same.converse(fetched(files.conversation)).then(() => same));
    engine = { ...engine, conversation: files.conversation, open };
  }
  const now = engine;
  now.open.catch(() => engine === now && (engine = null)); // the next visit of the page tries again
  return now.open;
}

async function openEngine(files) {
  const { worker, wasm, model, conversation } = files;
  const [script, ...blocks] = await Promise.all([worker, wasm, model, conversation].map(fetched));
  const text = new TextDecoder().decode(await unzipped(script));
  return Engine.open({ worker: text, wasm: blocks[0], model: blocks[1], conversation: blocks[2] });
}

// The address of a file changes with its content, so that what the browser has kept is always right.
async function fetched(address) {
  for (const cache of ["force-cache", "reload"]) {
    const response = await fetch(address, { cache });
    if (response.ok) return response.arrayBuffer();
  }
  throw new Error("a file of the model did not arrive");
}

// Throws unless the model says in this browser what the server's says of the same pattern.
async function compareWithServer(state, opened) {
  const { here, observed } = state.data;
  const answer = answerLists(await opened.answer(cellsOf(observed)), observed);
  const numbers = (of) => [of.fused, ...Object.values(of.heads), of.weights].flat(2);
  const [mine, its] = [numbers(answer), numbers(here)];
  if (mine.length !== its.length || !mine.every((value, i) => Math.abs(value - its[i]) < ALIKE)) {
    throw new Error("its numbers differ from the server's");
  }
}

// Draw the answer to the cells as they are now; one that a newer question overtakes is never drawn. Whoever asks what is already
// being answered, as the end of a gesture does, gets that answer.
function answerCells(state) {
  if (!state.engine) return Promise.resolve(null);
  const observed = columnsText(state);
  if (state.answer?.observed.join() === observed.join()) return Promise.resolve(state.answer);
  if (state.question?.cells !== observed.join()) {
    const question = { cells: observed.join(), answer: answerTo(state, observed) };
    question.answer.then(() => state.question === question && (state.question = null));
    state.question = question;
  }
  return state.question.answer;
}

async function answerTo(state, observed) {
  const { wanted } = state;
  try {
    const given = await state.engine.answer(cellsOf(observed));
    if (!given || state.wanted !== wanted) return null;
    state.answer = answerLists(given, observed);
    drawSoon(state);
    return state.answer;
  } catch (error) {
    state.engine = null;
    sayWhere(state, `this browser could not go on with the model (${error.message})`);
    return null;
  }
}

// The same within a time, for the server, which need not work out what is known here. What is on the screen comes first: where
// both run on one machine, the server's work would hold up the picture.
function answerSoon(state) {
  return Promise.race([answerCells(state).then(painted), new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE))]);
}

// What it is given, once the next frame has been drawn.
function painted(answer) {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0, answer)));
}

// Texts of 0 and 1 a modality -> one number an entry, utterance by utterance.
function cellsOf(columns) {
  const [S, M] = [columns[0].length, columns.length];
  return Uint8Array.from({ length: S * M }, (_, i) => Number(columns[i % M][Math.floor(i / M)]));
}

// What the engine gives, as the server writes it: lists, one an utterance.
function answerLists({ fused, heads, weights }, observed) {
  const S = observed[0].length;
  const rows = (given) => {
    const width = given ? given.values.length / S : 0;
    return Array.from({ length: S }, (_, s) => (given ? [...given.values.subarray(s * width, (s + 1) * width)] : []));
  };
  const named = Object.fromEntries(Object.entries(heads).map(([name, given]) => [name, rows(given)]));
  return { fused: rows(fused), heads: named, weights: rows(weights), observed };
}

function askAgain(state) {
  clearTimeout(state.asking);
  state.asking = setTimeout(() => state.root.isConnected && state.data.engine.pending && state.send("again", {}), ASK_AGAIN);
}

// One quiet line on where answers come from; "" where it is here.
function sayWhere(state, why) {
  state.where.textContent = why ? `Answers come from the server: ${why}.` : "Answers come from the model in this browser.";
  state.where.dataset.here = why ? "no" : "yes";
}
