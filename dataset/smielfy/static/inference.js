// The face detector and the vote of 45 windows, as pipeline/ has them in Python; the same names.
// A picture is {width, height, data}: RGBA bytes, as a canvas gives them. A box is [x, y, w, h].

const SCALES = [0.83, 0.91, 1.0, 1.1, 1.21];
const SHIFTS = [-0.17, 0, 0.17];
const WINDOW = 12; // pixels that the small net looks at
const STRIDE = 2;
const FACTOR = 1.26; // between neighbouring sizes of face
const [FILLING, BORDER, LARGEST] = [0.5, 4, 1.3];
const DOUBT = [0.05, 0.9];
const CERTAIN = 1e-6;
const MIN_BRIGHTNESS = 64; // mean brightness from which on a picture is left as it is
const NEAR = 0.3; // overlap from which on two squares are of one face
const CLOSE = 0.1;

export function neighbours([x, y, w, h], scales = SCALES, shifts = SHIFTS) {
  const windows = [];
  for (const scale of scales) {
    for (const down of shifts) {
      for (const right of shifts) {
        const [cx, cy] = [x + w / 2 + right * w, y + h / 2 + down * h];
        windows.push([cx - (w * scale) / 2, cy - (h * scale) / 2, w * scale, h * scale]);
      }
    }
  }
  return windows;
}

const PATTERNS = SCALES.flatMap((scale) => SHIFTS.flatMap((down) => SHIFTS.map((right) => [Math.log(scale), right, down])));

function overlap(a, b, least = false) {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  const common = Math.max(width, 0) * Math.max(height, 0);
  const [first, second] = [a[2] * a[3], b[2] * b[3]];
  return common / Math.max(least ? Math.min(first, second) : first + second - common, 1e-12);
}

// Indices of the kept boxes, best first; among equals the earlier one.
function suppress(boxes, scores, threshold, least = false) {
  const order = [...boxes.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
  const kept = [];
  for (const index of order) {
    if (kept.every((other) => overlap(boxes[other], boxes[index], least) <= threshold)) kept.push(index);
  }
  return kept;
}

// Bilinear, for growing.
function lines(side, out) {
  const scale = side / out;
  return Array.from({ length: out }, (_, k) => {
    const at = Math.min(Math.max((k + 0.5) * scale - 0.5, 0), side - 1);
    const first = Math.min(Math.floor(at), side - 1);
    return [[first, 1 - at + first], [Math.min(first + 1, side - 1), at - first]];
  });
}

// Sums of all pixels above and left of each corner, to shrink a picture to many sizes: each new
// pixel is a mean over its area, whatever the area's size.
class Sums {
  constructor({ width, height, data }) {
    Object.assign(this, { width, height });
    const stride = 3 * (width + 1);
    const sums = (this.sums = new Float64Array(stride * (height + 1)));
    for (let y = 0, from = 0; y < height; y++) {
      let [b, g, r] = [0, 0, 0];
      let to = stride * (y + 1) + 3;
      for (let x = 0; x < width; x++, from += 4, to += 3) {
        sums[to] = sums[to - stride] + (r += data[from]);
        sums[to + 1] = sums[to + 1 - stride] + (g += data[from + 1]);
        sums[to + 2] = sums[to + 2 - stride] + (b += data[from + 2]);
      }
    }
  }

  // The sums along one horizontal line, at each of `across`.
  line(y, across, out) {
    const row = Math.min(Math.floor(y), this.height - 1);
    const [stride, low] = [3 * (this.width + 1), y - row];
    for (let k = 0, to = 0; k < across.length; k++) {
      const column = Math.min(Math.floor(across[k]), this.width - 1);
      const right = across[k] - column;
      for (let at = stride * row + 3 * column, end = at + 3; at < end; at++) {
        const above = this.sums[at] + right * (this.sums[at + 3] - this.sums[at]);
        const next = at + stride;
        const below = this.sums[next] + right * (this.sums[next + 3] - this.sums[next]);
        out[to++] = above + low * (below - above);
      }
    }
  }

  shrink(width, height) {
    const across = Float64Array.from({ length: width + 1 }, (_, k) => (k * this.width) / width);
    const data = new Uint8ClampedArray(4 * width * height);
    let [above, below] = [new Float64Array(3 * width + 3), new Float64Array(3 * width + 3)];
    const area = (this.width * this.height) / (width * height);
    this.line(0, across, above);
    for (let y = 0, to = 0; y < height; y++) {
      this.line(((y + 1) * this.height) / height, across, below);
      for (let x = 0, at = 0; x < width; x++, to++) {
        for (let k = 0; k < 3; k++, at++) {
          const sum = below[at + 3] - below[at] - above[at + 3] + above[at];
          data[to++] = Math.floor(sum / area + 0.5);
        }
      }
      [above, below] = [below, above];
    }
    return { width, height, data };
  }
}

// Each pixel the mean of 2x2; an odd last row or column is repeated.
function halved({ width, height, data }) {
  const out = { width: (width + 1) >> 1, height: (height + 1) >> 1 };
  out.data = new Uint8ClampedArray(4 * out.width * out.height);
  for (let y = 0, to = 0; y < out.height; y++) {
    const up = 8 * y * width;
    const low = 2 * y + 1 < height ? up + 4 * width : up;
    for (let x = 0; x < out.width; x++, to += 4) {
      const [left, right] = [8 * x, 2 * x + 1 < width ? 8 * x + 4 : 8 * x];
      for (let k = 0; k < 3; k++) {
        const sum = data[up + left + k] + data[up + right + k] + data[low + left + k] + data[low + right + k];
        out.data[to + k] = (sum + 2) >> 2;
      }
    }
  }
  return out;
}

// Bilinear: larger on a side at least, for faces smaller than the small net's window.
function enlarge(picture, width, height) {
  const [across, down] = [lines(picture.width, width), lines(picture.height, height)];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 4) {
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (const [row, part] of down[y]) {
          for (const [column, share] of across[x]) {
            sum += part * share * picture.data[4 * (row * picture.width + column) + k];
          }
        }
        data[to + k] = Math.round(sum);
      }
    }
  }
  return { width, height, data };
}

// Pixels repeated beyond the edges: `left` and `top` before, `right` and `bottom` behind.
function bordered({ width, height, data }, left, top, right, bottom) {
  const out = { width: width + left + right, height: height + top + bottom };
  out.data = new Uint8ClampedArray(4 * out.width * out.height);
  for (let y = 0, to = 0; y < out.height; y++) {
    const row = Math.min(Math.max(y - top, 0), height - 1) * width;
    for (let x = 0; x < out.width; x++, to += 4) {
      const from = 4 * (row + Math.min(Math.max(x - left, 0), width - 1));
      for (let k = 0; k < 3; k++) out.data[to + k] = data[from + k];
    }
  }
  return out;
}

// A picture and its halves, so that windows much larger than their cut stay free of aliasing.
class Mipmap {
  constructor(picture) {
    this.levels = [picture];
  }

  level(index) {
    while (this.levels.length <= index) {
      const last = this.levels[this.levels.length - 1];
      if (Math.min(last.width, last.height) <= 1) break;
      this.levels.push(halved(last));
    }
    const found = Math.min(index, this.levels.length - 1);
    return [this.levels[found], found];
  }

  // A box as planes B, G, R of side x side, from -1 to 1, at a place in `out`.
  cut([x, y, w, h], side, out, place) {
    const spread = Math.sqrt((w / side) * (h / side));
    const [image, index] = this.level(Math.max(0, Math.round(Math.log2(Math.max(spread, 1e-6)))));
    const half = 0.5 ** index;
    const plane = side * side;
    // Where the cut's rows or columns lie: offsets of the two pixels beside, and how near the second.
    const places = (from, length, most, step) =>
      Array.from({ length: side }, (_, k) => {
        const whole = from + ((k + 0.5) * length) / side - 0.5;
        const at = Math.round(32 * (whole * half + 0.5 * half - 0.5)) / 32; // as fine as OpenCV
        const first = Math.floor(at);
        const clip = (value) => step * Math.min(Math.max(value, 0), most - 1);
        return [clip(first), clip(first + 1), at - first];
      });
    const columns = places(x, w, image.width, 4);
    const { data } = image;
    let to = place;
    for (const [up, low, down] of places(y, h, image.height, 4 * image.width)) {
      for (let column = 0; column < side; column++, to++) {
        const [left, next, right] = columns[column];
        for (let k = 0, at = to + 2 * plane; k < 3; k++, at -= plane) {
          const above = data[up + left + k] * (1 - right) + data[up + next + k] * right;
          const below = data[low + left + k] * (1 - right) + data[low + next + k] * right;
          out[at] = Math.floor(above * (1 - down) + below * down + 0.5) / 127.5 - 1;
        }
      }
    }
  }

  windows(boxes) {
    const out = new Float32Array(boxes.length * 3 * 48 * 48);
    boxes.forEach((box, k) => this.cut(box, 48, out, k * 3 * 48 * 48));
    return out;
  }
}

// Means of 4x4 pixels, as bytes are rounded: from 48x48 to 12x12.
function shrunk(windows, count) {
  const out = new Float32Array(count * 3 * 144);
  for (let plane = 0; plane < 3 * count; plane++) {
    for (let y = 0; y < 12; y++) {
      for (let x = 0; x < 12; x++) {
        let sum = 0;
        for (let k = 0; k < 16; k++) sum += windows[plane * 2304 + (4 * y + (k >> 2)) * 48 + 4 * x + (k & 3)];
        out[plane * 144 + 12 * y + x] = Math.round((sum / 16 + 1) * 127.5) / 127.5 - 1;
      }
    }
  }
  return out;
}

// More light for a dark picture, as pipeline/light.py.
function brighten(picture) {
  const some = [];
  for (let y = 0; y < picture.height; y += 4) {
    for (let x = 0; x < picture.width; x += 4) {
      for (let k = 0; k < 3; k++) some.push(picture.data[4 * (y * picture.width + x) + k]);
    }
  }
  const mean = Math.max(some.reduce((a, b) => a + b, 0) / some.length, 1);
  if (mean >= MIN_BRIGHTNESS) return picture;
  some.sort((a, b) => a - b);
  const place = 0.995 * (some.length - 1);
  const light = some[Math.floor(place)] + (place % 1) * (some[Math.ceil(place)] - some[Math.floor(place)]);
  const gain = Math.max(1, Math.min(MIN_BRIGHTNESS / mean, 255 / Math.max(light, 1)));
  const gamma = Math.max(0.35, Math.log(MIN_BRIGHTNESS / 255) / Math.log(Math.min(mean * gain, MIN_BRIGHTNESS) / 255));
  const table = Array.from({ length: 256 }, (_, k) => Math.round(255 * Math.min((k / 255) * gain, 1) ** gamma));
  return { ...picture, data: picture.data.map((value) => table[value]) };
}

// The face's contrast, as normalize_contrast of pipeline/light.py: windows are changed in place.
function normalizeContrast(windows, face) {
  const byte = (value) => Math.round((value + 1) * 127.5);
  const grey = [];
  for (let k = 0; k < 2304; k++) {
    const [x, y] = [((k % 48) + 0.5) / 24 - 1, (Math.floor(k / 48) + 0.5) / 24 - 1];
    if ((x / 0.6) ** 2 + (y / 0.75) ** 2 >= 1) continue;
    grey.push(Math.round(0.114 * byte(face[k]) + 0.587 * byte(face[2304 + k]) + 0.299 * byte(face[4608 + k])));
  }
  const mean = grey.reduce((a, b) => a + b, 0) / grey.length;
  const deviation = Math.sqrt(grey.reduce((sum, value) => sum + (value - mean) ** 2, 0) / grey.length);
  const gain = Math.min(50 / Math.max(deviation, 0.001), 2.5);
  const table = Array.from({ length: 256 }, (_, k) => {
    const value = Math.round(k * gain + 120 - gain * mean);
    return Math.min(Math.max(value, 0), 255) / 127.5 - 1;
  });
  for (let k = 0; k < windows.length; k++) windows[k] = table[byte(windows[k])];
  return windows;
}

export class Inference {
  // run(name, numbers, dims) asks a net: "scan", "small_calibration", "big", "big_calibration",
  // "smiles"; meta has the thresholds and the classes.
  constructor(run, meta) {
    Object.assign(this, { run, meta });
  }

  async candidates(image, least) {
    const shorter = Math.min(image.width, image.height);
    const [found, sums] = [[], new Sums(image)];
    for (let face = least, level = 0; face <= LARGEST * shorter; face *= FACTOR, level++) {
      const border = face >= FILLING * shorter ? BORDER : 0;
      const [width, height] = [Math.round((image.width * WINDOW) / face), Math.round((image.height * WINDOW) / face)];
      const shrinks = width <= image.width && height <= image.height;
      let small = shrinks ? sums.shrink(width, height) : enlarge(image, width, height);
      const [scaleX, scaleY] = [image.width / width, image.height / height];
      if (border) small = bordered(small, border, border, border, border);
      const columns = Math.floor((small.width - WINDOW) / STRIDE) + 1;
      const rows = Math.floor((small.height - WINDOW) / STRIDE) + 1;
      if (columns < 1 || rows < 1) continue;
      const [w, h] = [(columns - 1) * STRIDE + WINDOW, (rows - 1) * STRIDE + WINDOW];
      const planes = new Float32Array(3 * w * h);
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++) {
          for (let k = 0; k < 3; k++) {
            planes[(2 - k) * w * h + y * w + x] = small.data[4 * (y * small.width + x) + k] / 127.5 - 1;
          }
        }
      }
      const heat = await this.run("scan", planes, [1, 3, h, w]);
      for (let k = 0; k < heat.length; k++) {
        if (heat[k] <= this.meta.small) continue;
        const [row, column] = [Math.floor(k / columns), k % columns];
        const box = [(column * STRIDE - border) * scaleX, (row * STRIDE - border) * scaleY, WINDOW * scaleX, WINDOW * scaleY];
        found.push({ box, score: heat[k], level });
      }
    }
    return found;
  }

  async classify(picture, boxes) {
    if (!boxes.length) return [];
    const said = await this.run("big", picture.windows(boxes), [boxes.length, 3, 48, 48]);
    return boxes.map((_, k) => said[2 * k + 1]);
  }

  async correct(picture, boxes, net) {
    if (!boxes.length) return [];
    const windows = picture.windows(boxes);
    const small = net === "small_calibration";
    const side = small ? 12 : 48;
    const said = await this.run(net, small ? shrunk(windows, boxes.length) : windows, [boxes.length, 3, side, side]);
    return boxes.map(([x, y, w, h], index) => {
      const moved = [0, 0, 0];
      PATTERNS.forEach((pattern, k) => pattern.forEach((value, at) => (moved[at] += value * said[45 * index + k])));
      const [width, height] = [w * Math.exp(-moved[0]), h * Math.exp(-moved[0])];
      const [cx, cy] = [x + w / 2 - moved[1] * width, y + h / 2 - moved[2] * height];
      return [cx - width / 2, cy - height / 2, width, height];
    });
  }

  async settle(picture, boxes, scores, doubt = DOUBT) {
    const best = suppress(boxes, scores, 0.3);
    [boxes, scores] = [best.map((k) => boxes[k]), best.map((k) => scores[k])];
    for (let step = 0; step < 2; step++) boxes = await this.correct(picture, boxes, "big_calibration");
    const doubtful = scores.flatMap((score, k) => (score >= doubt[0] && score < doubt[1] ? [k] : []));
    const votes = await this.classify(picture, doubtful.flatMap((k) => neighbours(boxes[k], [1], [-0.1, 0, 0.1])));
    doubtful.forEach((k, at) => {
      const odds = votes.slice(9 * at, 9 * at + 9).map((vote) => {
        const sure = Math.min(Math.max(vote, CERTAIN), 1 - CERTAIN);
        return Math.log(sure / (1 - sure));
      });
      scores[k] = 1 / (1 + Math.exp(-odds.reduce((a, b) => a + b, 0) / 9));
    });
    for (const [threshold, least] of [[0.3, false], [0.6, true]]) {
      const kept = suppress(boxes, scores, threshold, least);
      [boxes, scores] = [kept.map((k) => boxes[k]), kept.map((k) => scores[k])];
    }
    const sure = scores.flatMap((score, k) => (score >= this.meta.big ? [k] : []));
    return { boxes: sure.map((k) => boxes[k]), scores: sure.map((k) => scores[k]) };
  }

  // All faces of a picture, best first.
  async detect(picture) {
    const [image] = picture.levels;
    const found = await this.candidates(image, Math.max(24, 0.1 * Math.min(image.width, image.height)));
    const kept = [];
    for (const level of new Set(found.map((one) => one.level))) {
      const own = found.filter((one) => one.level === level);
      kept.push(...suppress(own.map((one) => one.box), own.map((one) => one.score), 0.5).map((k) => own[k]));
    }
    let boxes = await this.correct(picture, kept.map((one) => one.box), "small_calibration");
    boxes = suppress(boxes, kept.map((one) => one.score), 0.6).map((k) => boxes[k]);
    const scores = await this.classify(picture, boxes);
    const passed = scores.flatMap((score, k) => (score >= Math.min(this.meta.big, DOUBT[0]) ? [k] : []));
    return this.settle(picture, passed.map((k) => boxes[k]), passed.map((k) => scores[k]));
  }

  // The face that has moved less than the calibration corrects, else the best of the windows
  // beside the last one, if it is a face.
  async near(picture, last) {
    let moved = [last];
    for (let step = 0; step < 2; step++) moved = await this.correct(picture, moved, "big_calibration");
    const [score] = await this.classify(picture, moved);
    if (score >= DOUBT[1]) return { boxes: moved, scores: [score] };
    const boxes = [...neighbours(last, [1], SHIFTS), ...neighbours(last, [0.91, 1.1], [0])];
    const scores = await this.classify(picture, boxes);
    const best = scores.indexOf(Math.max(...scores));
    if (scores[best] < this.meta.big) return { boxes: [], scores: [] };
    return this.settle(picture, [boxes[best]], [scores[best]], [0, Infinity]);
  }

  // Name the smiley: {box, smiley, share, shares} as the service's /api/recognize; box in parts.
  async recognize(pixels, last = null) {
    const picture = new Mipmap(brighten(pixels));
    const unit = [pixels.width, pixels.height, pixels.width, pixels.height];
    const before = last && last.map((side, k) => side * unit[k]);
    let faces = before ? await this.near(picture, before) : { boxes: [] };
    if (!faces.boxes.length) faces = await this.detect(picture);
    if (!faces.boxes.length) return { box: null, smiley: null, share: null, shares: {} };
    const box = faces.boxes[chosen(faces, before)];
    const windows = neighbours(box);
    const { classes, normalized } = this.meta;
    const seen = picture.windows(windows);
    if (normalized) normalizeContrast(seen, picture.windows([box]));
    const said = await this.run("smiles", seen, [windows.length, 3, 48, 48]);
    const shares = classes.map((_, k) => {
      let sum = 0;
      for (let window = 0; window < windows.length; window++) sum += said[window * classes.length + k];
      return sum / windows.length;
    });
    const share = Math.max(...shares);
    return {
      box: box.map((side, k) => side / unit[k]),
      smiley: classes[shares.indexOf(share)],
      share,
      shares: Object.fromEntries(classes.map((name, k) => [name, shares[k]])),
    };
  }
}

// Of a picture's faces the best; among those about as good, the one that was followed.
function chosen({ boxes, scores }, last) {
  if (!last) return 0;
  let best = 0;
  let most = -1;
  boxes.forEach((box, k) => {
    const common = overlap(last, box);
    if (scores[k] >= scores[0] - CLOSE && common >= NEAR && common > most) [best, most] = [k, common];
  });
  return best;
}
