// Reads what comp_viz/browser/pack.py packs: { facts, arrays: name -> { type, shape, values } }. Numbers in 16 bits stay bytes, all
// lower ones before all upper ones.

const KINDS = { float32: Float32Array, float16: Uint8Array, bool: Uint8Array, uint8: Uint8Array, uint16: Uint16Array };

/** Read a pack from an ArrayBuffer, without copying it. */
export function readPack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  for (const [name, { type, shape, offset, length: bytes }] of Object.entries(header.arrays)) {
    const Kind = KINDS[type];
    arrays[name] = { type, shape, values: new Kind(buffer, 4 + length + offset, bytes / Kind.BYTES_PER_ELEMENT) };
  }
  return { facts: header.facts, arrays };
}

/** Undo gzip: ArrayBuffer or Uint8Array -> ArrayBuffer. What is not compressed comes back as it is. */
export async function unzipped(bytes) {
  const view = new Uint8Array(bytes);
  if (view[0] !== 0x1f || view[1] !== 0x8b) return view.slice().buffer;
  const stream = new Blob([view]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
