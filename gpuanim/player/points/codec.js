// Bytes of the page -> places, layers and codes. The formats are those of blob.py, place.py and frames.py.

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

class Blob64 {
  constructor(text) {
    this.bytes = fromBase64(text);
  }

  // Returns the inflated bytes of a block.
  async read([start, length]) {
    const packed = new Blob([this.bytes.subarray(start, start + length)]);
    const stream = packed.stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
}

// Four planes of bytes, lowest first -> numbers.
function fromPlanes(bytes) {
  const n = bytes.length / 4;
  const numbers = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    numbers[i] = bytes[i] | (bytes[n + i] << 8) | (bytes[2 * n + i] << 16) | (bytes[3 * n + i] << 24);
  }
  return numbers;
}

// Gaps -> ascending keys, in place.
function summed(gaps) {
  let key = 0;
  for (let i = 0; i < gaps.length; i++) gaps[i] = key = (key + gaps[i]) >>> 0;
  return gaps;
}

// Every second bit of a Morton key.
function everySecondBit(key) {
  let bits = key & 0x55555555;
  bits = (bits | (bits >>> 1)) & 0x33333333;
  bits = (bits | (bits >>> 2)) & 0x0f0f0f0f;
  bits = (bits | (bits >>> 4)) & 0x00ff00ff;
  return (bits | (bits >>> 8)) & 0xffff;
}

// 16 bits -> every second bit of a Morton key.
function spread(number) {
  let bits = number & 0xffff;
  bits = (bits | (bits << 8)) & 0x00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x33333333;
  return (bits | (bits << 1)) & 0x55555555;
}

// Keys -> x and y in turns.
function placesOf(keys) {
  const places = new Uint16Array(2 * keys.length);
  for (let i = 0; i < keys.length; i++) {
    places[2 * i] = everySecondBit(keys[i]);
    places[2 * i + 1] = everySecondBit(keys[i] >>> 1);
  }
  return places;
}

// Adds the residuals of a frame to the codes of the one that it follows; `before` is null for none.
function addResiduals(bytes, n, bits, smooth, before) {
  const codes = new Uint8Array(n);
  const most = (1 << bits) - 1;
  const perByte = 8 / bits;
  let escape = Math.ceil((n * bits) / 8);
  let mean = 0;
  for (let i = 0, at = 0; i < n; at++) {
    let word = bytes[at];
    for (const end = Math.min(n, i + perByte); i < end; i++, word >>= bits) {
      let residual = word & most;
      if (residual === most) residual = bytes[escape++];
      const guess = smooth ? (mean + 4) >> 3 : 0;
      const change = ((((residual >> 1) ^ -(residual & 1)) + guess) << 24) >> 24;
      codes[i] = (before === null ? 128 : before[i]) + change;
      mean += change - (mean >> 3);
    }
  }
  return { codes, end: escape };
}

// A frame: codes (n bytes), missing (a bit per point, null where all have a value), edges (257 or null), and
// high (n bytes, the upper halves of the codes, null where a byte is enough).
function readFrame(bytes, n, block, before) {
  const [, , , bits, smooth, missing, edgeBytes] = block;
  const { codes, end } = addResiduals(bytes, n, bits, smooth === 1, before && before.codes);
  let at = end;
  let absent = before ? before.missing : null;
  if (missing) {
    const differs = bytes.slice(at, at + Math.ceil(n / 8));
    if (absent) for (let i = 0; i < differs.length; i++) differs[i] ^= absent[i];
    absent = differs;
    at += differs.length;
  }
  let edges = null;
  if (edgeBytes) {
    const Kind = edgeBytes === 8 ? Float64Array : Float32Array;
    edges = Float64Array.from(new Kind(bytes.slice(at, at + 257 * edgeBytes).buffer));
  }
  return { codes, missing: absent, edges, high: null };
}
