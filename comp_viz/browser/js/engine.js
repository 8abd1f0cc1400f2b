// The engine: a model that answers in the visitor's browser, in a worker, so that the page never stalls.
//
//   const engine = await Engine.open({ worker, wasm, model, conversation });
//     worker        text of the worker (comp_viz.browser.assets.worker_script)
//     wasm          bytes of the runtime, gzip or plain (runtime_wasm); ArrayBuffer or Uint8Array, or a promise of it
//     model         bytes of comp_viz.browser.model.model_pack, gzip or plain
//     conversation  bytes of comp_viz.browser.model.conversation_pack, gzip or plain
//     Bytes are handed over to the worker, which unpacks them: an ArrayBuffer is empty afterwards.
//   engine.facts    { name, method, modalities, task, digest, maxLength, weightsFrom }
//   engine.utterances, engine.recorded   S, and Uint8Array [S · M] of what the recording has
//   await engine.answer(observed, { attention: true })
//     observed: Uint8Array or booleans [S · M], utterance by utterance; what was not recorded never counts as observed.
//     Gives { fused, heads: { modality: … }, weights, attention }, each { values: Float32Array, shape }, in readable units:
//     fused and heads [S, C] scores in label units or probabilities, weights [S, M], attention [M, layers, heads, S, S].
//   await engine.coalitions(observed)
//     Gives by utterance { column, empty, whole, values: [M] }: exact Shapley values of the fused prediction (shapley.js).
//   await engine.converse(conversation)   another conversation for the same model
//   engine.close()
//
// Only the latest question of a kind waits: one that a newer one overtakes gives null. Answers go before coalitions. What cannot
// work (no WebAssembly, too little memory, a graph that does not load) rejects the promise, so that the page can do without.
import { contributions } from "./shapley.js";

export class Engine {
  /** Start a worker and load everything into it; rejects where any of it fails. */
  static async open({ worker, wasm, model, conversation }) {
    if (typeof WebAssembly !== "object" || typeof Worker !== "function" || typeof DecompressionStream !== "function") {
      throw new Error("This browser has no WebAssembly, no workers or no decompression.");
    }
    const engine = new Engine(worker);
    try {
      // All at once: of several that do not come, none is left whose failure nobody looks at.
      const [runtime, packed, first] = await Promise.all([wasm, model, conversation].map(handedOver));
      engine.facts = (await engine.#ask("open", { wasm: runtime, packed }, [runtime, packed])).facts;
      await engine.converse(first);
    } catch (error) {
      engine.close(error);
      throw error;
    }
    return engine;
  }

  #worker;
  #open = new Map(); // id -> { resolve, reject } of what the worker was asked
  #next = 0;
  #waiting = {}; // kind -> the latest question that waits
  #busy = false;
  #broken = null;

  constructor(script) {
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    this.#worker = new Worker(address);
    this.#worker.onmessage = ({ data: { id, result, error } }) => {
      const { resolve, reject } = this.#open.get(id);
      this.#open.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    };
    this.#worker.onerror = event => this.close(new Error(event.message || "The worker did not start."));
    this.#worker.onmessageerror = () => this.close(new Error("The worker's answer could not be read."));
    this.revoke = () => URL.revokeObjectURL(address);
  }

  /** Put another conversation in place of the one that is open. */
  async converse(conversation) {
    const packed = await handedOver(conversation);
    Object.assign(this, await this.#ask("converse", { packed }, [packed]));
  }

  /** Predictions under a pattern; null where a newer question overtook this one. */
  async answer(observed, { attention = false } = {}) {
    const wanted = ["fused", "head", "weights", ...(attention ? ["attention"] : [])];
    const given = await this.#queue("answer", { observed: this.#shown(observed), wanted });
    if (!given) return null;
    const heads = Object.entries(given).filter(([name]) => name.startsWith("head."));
    return {
      fused: given.fused,
      heads: Object.fromEntries(heads.map(([name, value]) => [name.slice(5), value])),
      weights: given.weights ?? null,
      attention: given.attention ?? null,
    };
  }

  /** Exact contributions of the modalities to every utterance; null where a newer question overtook this one. */
  async coalitions(observed) {
    const fused = await this.#queue("coalitions", { observed: this.#shown(observed) });
    return fused && contributions(fused, this.facts.task.classes.length || 1);
  }

  /** End the worker; whatever still waits is rejected. */
  close(reason = new Error("The engine was closed.")) {
    this.#broken = reason;
    this.#worker.terminate();
    this.revoke();
    for (const { reject } of [...this.#open.values(), ...Object.values(this.#waiting)]) reject(reason);
    this.#open.clear();
    this.#waiting = {};
  }

  /** A pattern as the model takes it. */
  #shown(observed) {
    if (observed.length !== this.recorded.length) {
      throw new RangeError(`observed: expected ${this.recorded.length} entries, got ${observed.length}.`);
    }
    return Uint8Array.from(this.recorded, (there, i) => (there && observed[i] ? 1 : 0));
  }

  #ask(task, given, transferred = []) {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#open.set(id, { resolve, reject });
      this.#worker.postMessage({ id, task, ...given }, transferred);
    });
  }

  #queue(kind, given) {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting[kind]?.resolve(null);
      this.#waiting[kind] = { given, resolve, reject };
      this.#turn();
    });
  }

  async #turn() {
    const kind = ["answer", "coalitions"].find(each => this.#waiting[each]);
    if (this.#busy || !kind) return;
    const { given, resolve, reject } = this.#waiting[kind];
    delete this.#waiting[kind];
    this.#busy = true;
    await this.#ask(kind, given).then(resolve, reject);
    this.#busy = false;
    this.#turn();
  }
}

/** Bytes as a buffer that a worker can be given. */
async function handedOver(bytes) {
  return new Uint8Array(await bytes).buffer;
}
