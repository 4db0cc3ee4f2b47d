// One message from Python: a JSON header and typed arrays. See wire.py.

const KINDS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
};

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream();
  const plain = stream.pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

function join(planes, entry) {
  const Kind = KINDS[entry.type];
  const array = new Kind(entry.length);
  const bytes = new Uint8Array(array.buffer);
  const width = Kind.BYTES_PER_ELEMENT;
  for (let plane = 0; plane < width; plane++) {
    const from = plane * entry.length;
    for (let i = 0; i < entry.length; i++) {
      bytes[i * width + plane] = planes[from + i];
    }
  }
  if (entry.delta) {
    for (let i = 0, last = 0; i < array.length; i++) {
      last = array[i] = (last + ((array[i] >>> 1) ^ -(array[i] & 1))) | 0;
    }
  }
  return array;
}

export async function unpack(message) {
  const raw = await inflate(message.subarray(4));
  const size = new DataView(raw.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(raw.subarray(4, 4 + size)));
  const arrays = {};
  let at = 4 + size;
  for (const entry of header.arrays) {
    const width = KINDS[entry.type].BYTES_PER_ELEMENT * entry.length;
    arrays[entry.name] = join(raw.subarray(at, at + width), entry);
    at += width;
  }
  return { header, arrays };
}
