"""Notes in a page when runs of the server begin and end, by its messages: short ones are never seen as running."""

import json

from playwright.sync_api import BrowserContext
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

FIELDS = {name: ForwardMsg.DESCRIPTOR.fields_by_name[name].number for name in ("new_session", "script_finished")}
# `window.runs` holds the moments, `window.serverRan(since)` when the last run that began after one was over, null until then.
# A run that gives way to a newer one is not over: the newer one is waited for.
NOTE_RUNS = """
(([fields, gaveWay]) => {
  window.runs = { begun: [], over: [] };
  window.serverRan = (since) => {
    const begun = window.runs.begun.at(-1);
    const over = window.runs.over.at(-1);
    return begun > since && over > begun ? over : null;
  };
  const varint = (bytes, at) => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      value += (bytes[at] & 127) * factor;
      if (bytes[at++] < 128) return [value, at];
    }
  };
  // The fields of a message, in the encoding of protocol buffers: numbers as they are, of others the length.
  const fieldsOf = (bytes) => {
    const found = new Map();
    for (let at = 0, tag, value; at < bytes.length; ) {
      [tag, at] = varint(bytes, at);
      const kind = tag & 7;
      if (kind === 1 || kind === 5) at += kind === 1 ? 8 : 4;
      else [value, at] = varint(bytes, at);
      if (kind === 2) at += value;
      found.set(tag >> 3, value);
    }
    return found;
  };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const found = fieldsOf(new Uint8Array(data));
        if (found.has(fields.new_session)) window.runs.begun.push(performance.now());
        const over = found.get(fields.script_finished);
        if (over !== undefined && over !== gaveWay) window.runs.over.push(performance.now());
      });
    }
  };
})
"""


def note_runs(context: BrowserContext) -> None:
    """Have every page of a browser's context, from its next opening on, note the runs of its server."""
    context.add_init_script(f"{NOTE_RUNS}({json.dumps([FIELDS, ForwardMsg.FINISHED_EARLY_FOR_RERUN])})")
