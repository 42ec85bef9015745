// A page to draw on: the drawing, the pixels that skmnist.read_digit makes of it, the
// hidden units, and the probabilities. _html.py writes this script below the element
// that it fills, after the networks.
((root) => {
  "use strict";

  const SIDE = 280; // of the drawing, in pixels
  const PEN = 11; // radius
  const BOX = 20;
  const SIZE = 28;
  const THINNEST = 2.3;
  const THICKEST = 4;
  const STEP = 8; // of the pen, by an arrow key
  const MOST_CLASSES = 10; // shown; the others are summed up
  const MOST_UNITS = 128; // of a layer

  // -- From a drawing to MNIST's form, as read_digit does with a picture without noise ---

  // The connected shapes of a drawing: label, area, box and first pixel of each.
  function findShapes(ink) {
    const labels = new Int32Array(SIDE * SIDE);
    const shapes = [];
    for (let first = 0; first < ink.length; first++) {
      if (!ink[first] || labels[first]) continue;
      const label = shapes.length + 1;
      const shape = { label, first, area: 0, top: SIDE, left: SIDE, bottom: 0, right: 0 };
      fill(SIDE, SIDE, first, (at) => ink[at] && !labels[at], (at) => {
        labels[at] = label;
        const y = Math.floor(at / SIDE);
        const x = at % SIDE;
        shape.area++;
        shape.top = Math.min(shape.top, y);
        shape.left = Math.min(shape.left, x);
        shape.bottom = Math.max(shape.bottom, y + 1);
        shape.right = Math.max(shape.right, x + 1);
      });
      shapes.push(shape);
    }
    return { labels, shapes };
  }

  function fill(height, width, first, isOpen, visit) {
    const stack = [first];
    visit(first);
    while (stack.length) {
      const at = stack.pop();
      const y = Math.floor(at / width);
      const x = at % width;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (isOpen(next)) {
            visit(next);
            stack.push(next);
          }
        }
      }
    }
  }

  const longerSide = (box) => Math.max(box.bottom - box.top, box.right - box.left);

  function gap(one, other) {
    const down = Math.max(one.top - other.bottom, other.top - one.bottom);
    const across = Math.max(one.left - other.right, other.left - one.right);
    return Math.max(down, across, 0);
  }

  // Whether a shape has another in one of its holes.
  function encloses(frame, other, labels) {
    const inner = longerSide(other);
    const outer = longerSide(frame);
    if (inner <= 0.2 * outer || inner >= outer) return false;
    const outside = new Uint8Array(SIDE * SIDE);
    const isOpen = (at) => !outside[at] && labels[at] !== frame.label;
    fill(SIDE, SIDE, 0, isOpen, (at) => (outside[at] = 1));
    return !outside[other.first];
  }

  // The shapes that make the digit, and why they may not be one digit.
  function chooseShapes(shapes, labels) {
    shapes = shapes.filter((one) => !shapes.some((other) => encloses(one, other, labels)));
    const main = shapes.reduce((best, shape) => (shape.area > best.area ? shape : best));
    const kept = shapes.filter((shape) => {
      return shape === main || (isNear(main, shape) && shape.area >= 0.02 * main.area);
    });

    let doubt = "";
    if (shapes.some((shape) => isAnotherDigit(main, shape))) {
      doubt = "Several shapes of like size: only the largest is read.";
    } else if (kept.some((shape) => shape !== main && isBeside(main, shape))) {
      doubt = "Shapes of like size side by side: they are read as one digit.";
    } else if (isWide(kept)) {
      doubt = "Much wider than high: it is read as one digit.";
    }
    return { kept, doubt };
  }

  const height = (box) => box.bottom - box.top;

  // The top of a 5 may not touch the rest. What is about as high as the digit and not close to
  // it is another digit.
  function isNear(main, shape) {
    const reach = height(shape) < 0.5 * height(main) ? 0.25 : 0.1;
    return gap(shape, main) <= reach * longerSide(main);
  }

  function isAnotherDigit(main, shape) {
    return !isNear(main, shape) && longerSide(shape) >= 0.5 * longerSide(main);
  }

  // About as high, and neither is above the other, as parts of a digit are.
  function isBeside(main, shape) {
    const [first, second] = main.left <= shape.left ? [main, shape] : [shape, main];
    const [lower, higher] = [height(main), height(shape)].sort((one, other) => one - other);
    return lower >= 0.75 * higher && first.right <= second.left;
  }

  // More than nearly all digits of MNIST are.
  function isWide(shapes) {
    const highest = (side) => Math.max(...shapes.map((shape) => shape[side]));
    const lowest = (side) => Math.min(...shapes.map((shape) => shape[side]));
    return highest("right") - lowest("left") > 1.5 * (highest("bottom") - lowest("top"));
  }

  // The distance of each pixel to the nearest one that is a target, between their middles.
  function distanceTo(isTarget, height, width) {
    const down = new Float64Array(height * width).fill(Infinity);
    for (let x = 0; x < width; x++) {
      let steps = Infinity;
      for (let y = 0; y < height; y++) {
        steps = isTarget[y * width + x] ? 0 : steps + 1;
        down[y * width + x] = steps;
      }
      for (let y = height - 2; y >= 0; y--) {
        down[y * width + x] = Math.min(down[y * width + x], down[(y + 1) * width + x] + 1);
      }
    }
    // Along a row, each column is a parabola; the distance is the lowest of them.
    const distance = new Float64Array(height * width);
    const lowest = new Int32Array(width);
    const starts = new Float64Array(width + 1);
    const squares = new Float64Array(width);
    for (let y = 0; y < height; y++) {
      let count = 0;
      for (let x = 0; x < width; x++) {
        squares[x] = down[y * width + x] ** 2;
        if (squares[x] === Infinity) continue;
        let start = -Infinity;
        while (count) {
          const before = lowest[count - 1];
          start = (squares[x] + x * x - squares[before] - before * before) / (2 * (x - before));
          if (start > starts[count - 1]) break;
          start = -Infinity;
          count--;
        }
        lowest[count] = x;
        starts[count] = start;
        starts[++count] = Infinity;
      }
      for (let x = 0, k = 0; x < width; x++) {
        while (starts[k + 1] < x) k++;
        distance[y * width + x] = Math.sqrt(squares[lowest[k]] + (x - lowest[k]) ** 2);
      }
    }
    return distance;
  }

  // The box of the pixels that are true.
  function extent(isTrue, height, width) {
    const box = { top: height, left: width, bottom: 0, right: 0 };
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (!isTrue(y * width + x)) continue;
        box.top = Math.min(box.top, y);
        box.left = Math.min(box.left, x);
        box.bottom = Math.max(box.bottom, y + 1);
        box.right = Math.max(box.right, x + 1);
      }
    }
    return box;
  }

  // Python's and NumPy's rounding: halves go to the even neighbour.
  function roundHalfEven(value) {
    const below = Math.floor(value);
    if (value - below !== 0.5) return Math.round(value);
    return below % 2 === 0 ? below : below + 1;
  }

  // Cut the digit out and make it fine enough; true is ink.
  function cutOut(isInk, box) {
    const longer = longerSide(box);
    const margin = 4 + Math.floor(longer / 6);
    let factor = 1;
    while (factor * longer < 8 * BOX) factor *= 2;
    const height = factor * (box.bottom - box.top + 2 * margin);
    const width = factor * (box.right - box.left + 2 * margin);
    const level = (y, x) => {
      y += box.top - margin;
      x += box.left - margin;
      return y >= 0 && y < SIDE && x >= 0 && x < SIDE && isInk[y * SIDE + x] ? 1 : 0;
    };
    const inside = new Uint8Array(height * width);
    for (let row = 0; row < height; row++) {
      const y = (row + 0.5) / factor - 0.5;
      const top = Math.floor(y);
      const down = y - top;
      for (let column = 0; column < width; column++) {
        const x = (column + 0.5) / factor - 0.5;
        const left = Math.floor(x);
        const across = x - left;
        const above = (1 - across) * level(top, left) + across * level(top, left + 1);
        const below = (1 - across) * level(top + 1, left) + across * level(top + 1, left + 1);
        inside[row * width + column] = (1 - down) * above + down * below > 0.5 ? 1 : 0;
      }
    }
    return { inside, height, width };
  }

  // Scale the digit into 20 x 20 pixels, with strokes about as wide as MNIST's.
  function fitIntoBox({ inside, height, width }) {
    const depth = distanceTo(inside.map((value) => 1 - value), height, width);
    const outside = distanceTo(inside, height, width);
    let total = 0;
    let area = 0;
    const distance = new Float64Array(height * width);
    for (let at = 0; at < distance.length; at++) {
      distance[at] = inside[at] ? depth[at] - 0.5 : 0.5 - outside[at];
      if (inside[at]) {
        total += distance[at];
        area++;
      }
    }
    const stroke = (4 * total) / area;
    const longer = longerSide(extent((at) => inside[at], height, width));
    const wanted = Math.min(Math.max((BOX * stroke) / longer, THINNEST), THICKEST);
    let grow = ((wanted * longer) / BOX - stroke) / 2 / (1 - wanted / BOX);
    grow = Math.max(grow, (-0.8 * total) / area);
    const drawn = distance.map((value) => Math.min(Math.max(value + grow + 0.5, 0), 1));

    const box = extent((at) => drawn[at] >= 0.5, height, width);
    const side = longerSide(box);
    const top = box.top - Math.floor((side - (box.bottom - box.top)) / 2);
    const left = box.left - Math.floor((side - (box.right - box.left)) / 2);
    // Each pixel of the 20 x 20 is the mean of the area that it covers.
    const across = new Float64Array(side * BOX);
    for (let y = 0; y < side; y++) {
      const row = top + y;
      if (row < box.top || row >= box.bottom) continue;
      for (let x = 0; x < side; x++) {
        const column = left + x;
        if (column < box.left || column >= box.right) continue;
        spread(x, side, BOX, (k, share) => {
          across[y * BOX + k] += share * drawn[row * width + column];
        });
      }
    }
    const boxed = new Float64Array(BOX * BOX);
    for (let y = 0; y < side; y++) {
      spread(y, side, BOX, (k, share) => {
        for (let x = 0; x < BOX; x++) boxed[k * BOX + x] += share * across[y * BOX + x];
      });
    }
    return boxed.map((value) => roundHalfEven(255 * value));
  }

  // The pixels of a side of `shorter` that one pixel of a side of `longer` lies in, and its
  // share of each.
  function spread(at, longer, shorter, add) {
    const length = longer / shorter;
    for (let k = Math.floor(at / length); k < shorter && k * length < at + 1; k++) {
      const share = Math.min(at + 1, (k + 1) * length) - Math.max(at, k * length);
      if (share > 0) add(k, share / length);
    }
  }

  // Place the box so that the centre of mass is at row 14 and column 14.
  function centre(boxed) {
    let mass = 0;
    let y = 0;
    let x = 0;
    boxed.forEach((value, at) => {
      mass += value;
      y += value * Math.floor(at / BOX);
      x += value * (at % BOX);
    });
    const before = (at) => Math.min(Math.max(roundHalfEven(SIZE / 2 - at), 0), SIZE - BOX);
    const top = before(y / mass);
    const left = before(x / mass);
    const digit = new Uint8Array(SIZE * SIZE);
    boxed.forEach((value, at) => {
      digit[(top + Math.floor(at / BOX)) * SIZE + left + (at % BOX)] = value;
    });
    return { digit, top, left };
  }

  function readDigit(ink) {
    const { labels, shapes } = findShapes(ink);
    if (!shapes.length) return null;
    const { kept, doubt } = chooseShapes(shapes, labels);
    const isKept = new Set(kept.map((shape) => shape.label));
    const isInk = ink.map((value, at) => (isKept.has(labels[at]) ? 1 : 0));
    const box = extent((at) => isInk[at], SIDE, SIDE);
    return { ...centre(fitIntoBox(cutOut(isInk, box))), doubt };
  }

  // Levels from 0 to 1, as many as the network was fitted to: means over areas.
  function scale(digit, side) {
    const levels = new Float64Array(side * side);
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const level = digit[y * SIZE + x] / 255;
        if (!level) continue;
        spread(y, SIZE, side, (row, down) => {
          spread(x, SIZE, side, (column, across) => {
            levels[row * side + column] += down * across * level;
          });
        });
      }
    }
    return levels;
  }

  // -- The network ----------------------------------------------------------------------

  const clip = (x, low, high) => Math.min(Math.max(x, low), high);
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const elu = (x) => (x > 0 ? x : Math.expm1(x));
  const hardSigmoid = (x) => clip(x + 3, 0, 6) / 6;

  // Complementary error function, to 1e-7: Press et al., "Numerical Recipes", 6.2.
  function erfc(x) {
    const t = 1 / (1 + Math.abs(x) / 2);
    const terms = [
      -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806,
      0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
    ];
    const series = terms.reduceRight((sum, term) => sum * t + term, 0);
    const value = t * Math.exp(-x * x + series);
    return x >= 0 ? value : 2 - value;
  }

  function sparsePlus(x) {
    if (x <= -1) return 0;
    return x < 1 ? 0.25 * (x + 1) ** 2 : x;
  }

  function softmax(sums) {
    const highest = Math.max(...sums);
    const powers = sums.map((value) => Math.exp(value - highest));
    const total = powers.reduce((sum, value) => sum + value);
    return powers.map((value) => value / total);
  }

  function logSoftmax(sums) {
    const highest = Math.max(...sums);
    const total = sums.reduce((sum, value) => sum + Math.exp(value - highest), 0);
    return sums.map((value) => value - highest - Math.log(total));
  }

  // As Keras computes it, whose threshold is not the published one.
  function sparsemax(sums) {
    let sum = 0;
    let total = 0;
    let count = 0;
    Float64Array.from(sums)
      .sort()
      .reverse()
      .forEach((value, k) => {
        sum += value;
        if (value - (sum - 1) / (k + 1) > 0) {
          total += sum;
          count++;
        }
      });
    return sums.map((value) => Math.max(value - (total - 1) / count, 0));
  }

  // By Keras's names: of each sum alone, or of all sums of a layer.
  const OF_ONE = {
    celu: elu,
    elu,
    exponential: Math.exp,
    gelu: (x) => 0.5 * x * erfc(-x * Math.SQRT1_2),
    hard_shrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
    hard_sigmoid: hardSigmoid,
    hard_silu: (x) => x * hardSigmoid(x),
    hard_swish: (x) => x * hardSigmoid(x),
    hard_tanh: (x) => clip(x, -1, 1),
    leaky_relu: (x) => Math.max(x, 0.2 * x),
    linear: (x) => x,
    log_sigmoid: (x) => -softplus(-x),
    mish: (x) => x * Math.tanh(softplus(x)),
    relu: (x) => Math.max(x, 0),
    relu6: (x) => clip(x, 0, 6),
    selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
    sigmoid,
    silu: (x) => x * sigmoid(x),
    soft_shrink: (x) => (Math.abs(x) > 0.5 ? x - 0.5 * Math.sign(x) : 0),
    softplus,
    softsign: (x) => x / (1 + Math.abs(x)),
    sparse_plus: sparsePlus,
    sparse_sigmoid: (x) => clip(0.5 * (x + 1), 0, 1),
    squareplus: (x) => 0.5 * (x + Math.sqrt(x * x + 4)),
    swish: (x) => x * sigmoid(x),
    tanh: Math.tanh,
    tanh_shrink: (x) => x - Math.tanh(x),
  };
  const OF_ALL = { log_softmax: logSoftmax, softmax, sparsemax };

  function activate(name, sums) {
    if (name in OF_ALL) return OF_ALL[name](sums);
    return sums.map((value) => OF_ONE[name](value));
  }

  function floats(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  }

  // A network of the page's text, with its weights as numbers.
  function unpack(packed) {
    const layers = packed.layers.map((layer) => ({
      kernel: floats(layer.kernel),
      bias: Float64Array.from(floats(layer.bias)),
    }));
    return { ...packed, layers, spread: packed.spread && floats(packed.spread) };
  }

  function weightedSums({ kernel, bias }, values) {
    const sums = bias.slice();
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      if (!value) continue;
      const start = at * sums.length;
      for (let unit = 0; unit < sums.length; unit++) sums[unit] += value * kernel[start + unit];
    }
    return sums;
  }

  function predict(network, levels) {
    const hidden = [];
    let values = levels;
    for (const layer of network.layers.slice(0, -1)) {
      values = activate(network.activation, weightedSums(layer, values));
      hidden.push(values);
    }
    const last = network.layers[network.layers.length - 1];
    return { hidden, probabilities: softmax(weightedSums(last, values)) };
  }

  // -- What the page shows ----------------------------------------------------------------

  const part = (name) => root.querySelector(`[data-draw=${name}]`);
  const pad = part("pad");
  const seen = part("seen");
  const networks = JSON.parse(part("data").textContent).map(unpack);
  const ink = new Uint8Array(SIDE * SIDE);
  let strokes = []; // lists of points, of which the last is being drawn
  let network = networks[0];
  let result = null; // of readDigit, with the levels that the network gets

  function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function color(name) {
    return getComputedStyle(root).getPropertyValue(`--draw-${name}`).trim();
  }

  function rgb(name) {
    return color(name).match(/[\d.]+/g).map(Number);
  }

  function mix(one, other, share) {
    return one.map((level, k) => Math.round(level + share * (other[k] - level)));
  }

  function percent(share) {
    return `${(100 * share).toFixed(1)} %`;
  }

  function context(canvas) {
    const zoom = window.devicePixelRatio || 1;
    const side = Math.round(canvas.clientWidth * zoom);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const drawing = canvas.getContext("2d");
    drawing.setTransform(1, 0, 0, 1, 0, 0);
    drawing.clearRect(0, 0, side, side);
    return { drawing, side };
  }

  function show() {
    result = readDigit(ink);
    if (result) result.levels = scale(result.digit, network.side);
    showDrawing();
    showSeen();
    showAnswer();
  }

  let isWaiting = false;
  function refresh() {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      show();
    });
  }

  function showDrawing() {
    const { drawing, side } = context(pad);
    drawing.scale(side / SIDE, side / SIDE);
    drawing.strokeStyle = color("ink");
    drawing.lineWidth = 2 * PEN;
    drawing.lineCap = drawing.lineJoin = "round";
    for (const stroke of strokes) {
      drawing.beginPath();
      drawing.moveTo(...stroke[0]);
      stroke.forEach((point) => drawing.lineTo(...point));
      drawing.stroke();
    }
    if (pen.isShown) {
      drawing.beginPath();
      drawing.arc(...pen.at, PEN + 3, 0, 2 * Math.PI);
      drawing.strokeStyle = color("accent");
      drawing.lineWidth = 3;
      drawing.setLineDash(pen.isDown ? [] : [5, 4]);
      drawing.stroke();
      drawing.setLineDash([]);
    }
    root.classList.toggle("is-empty", !strokes.length);
    root.classList.toggle("has-pen", pen.isShown);
  }

  function showSeen() {
    const { drawing, side } = context(seen);
    const cell = side / network.side;
    const [paper, light] = [rgb("cell"), rgb("ink")];
    for (let at = 0; at < network.side ** 2; at++) {
      const level = result ? result.levels[at] : 0;
      drawing.fillStyle = `rgb(${mix(paper, light, level)})`;
      const [y, x] = [Math.floor(at / network.side) * cell, (at % network.side) * cell];
      drawing.fillRect(x + 0.06 * cell, y + 0.06 * cell, 0.88 * cell, 0.88 * cell);
    }
    if (!result || network.side !== SIZE) return;
    drawing.strokeStyle = color("accent");
    drawing.lineWidth = Math.max(1, side / 300);
    drawing.setLineDash([cell / 2, cell / 2]);
    drawing.strokeRect(result.left * cell, result.top * cell, BOX * cell, BOX * cell);
  }

  // The network's own texts, tiles and bars; what is drawn does not matter.
  function build() {
    const size = `${network.side} × ${network.side}`;
    part("description").textContent = network.description;
    part("pixel-max").textContent = network.pixelMax;
    part("seen-title").textContent = `${size} pixels`;
    seen.setAttribute("aria-label", `The drawing as ${size} pixels`);
    part("box").hidden = network.side !== SIZE;
    buildLayers();
    buildBars();
    paintWeights();
  }

  function buildLayers() {
    const sizes = network.layers.slice(0, -1).map((layer) => layer.bias.length);
    const layers = part("layers");
    layers.replaceChildren();
    sizes.forEach((size, k) => {
      const units = size === 1 ? "1 unit" : `${size} units`;
      const name = sizes.length > 1 ? `Hidden layer ${k + 1}` : "Hidden layer";
      layers.append(buildLayer(`${name}: ${units}`, size, k === 0));
    });
    // Without hidden layers, the weights of the classes are what there is to see.
    if (!sizes.length) {
      layers.append(buildLayer("Weights of each class", network.labels.length, true));
    }
  }

  function buildLayer(title, size, hasPictures) {
    const layer = element("div", "draw-layer");
    layer.append(element("h2", "draw-title", title));
    const units = element("div", "draw-units");
    units.dataset.draw = "units";
    units.classList.toggle("is-many", size > 12);
    units.classList.toggle("has-pictures", hasPictures);
    for (let unit = 0; unit < Math.min(size, MOST_UNITS); unit++) {
      const tile = element("div", "draw-unit");
      const picture = element(hasPictures ? "canvas" : "div", "draw-face");
      if (hasPictures) picture.width = picture.height = network.side;
      tile.append(picture, element("span", ""));
      units.append(tile);
    }
    layer.append(units);
    const rest = element("p", "draw-caption");
    rest.hidden = size <= MOST_UNITS;
    rest.dataset.count = size - MOST_UNITS;
    layer.append(rest);
    return layer;
  }

  function buildBars() {
    const bars = part("bars");
    bars.replaceChildren();
    network.labels.slice(0, MOST_CLASSES).forEach(() => {
      const bar = element("li", "");
      bar.append(element("b", ""), element("i", ""), element("output", ""));
      bars.append(bar);
    });
    const longest = Math.max(...network.labels.map((label) => label.length));
    root.style.setProperty("--draw-label", `${clip(longest, 1, 9) + 0.6}ch`);
  }

  // The weights of each unit of the first layer, times how much each pixel varied.
  function paintWeights() {
    const [paper, positive, negative] = [rgb("cell"), rgb("positive"), rgb("negative")];
    const { kernel, bias } = network.layers[0];
    part("units").querySelectorAll("canvas").forEach((canvas, unit) => {
      const weights = new Float64Array(network.side ** 2);
      for (let at = 0; at < weights.length; at++) {
        const spread = network.spread ? network.spread[at] : 1;
        weights[at] = kernel[at * bias.length + unit] * spread;
      }
      const most = weights.reduce((highest, value) => Math.max(highest, Math.abs(value)), 1e-30);
      const drawing = canvas.getContext("2d");
      const image = drawing.createImageData(network.side, network.side);
      weights.forEach((weight, at) => {
        const share = Math.abs(weight) / most;
        image.data.set([...mix(paper, weight > 0 ? positive : negative, share), 255], 4 * at);
      });
      drawing.putImageData(image, 0, 0);
    });
  }

  function showAnswer() {
    const answer = result && predict(network, result.levels);
    const layers = part("layers").querySelectorAll(".draw-layer");
    const hasHidden = network.layers.length > 1;
    layers.forEach((layer, k) => {
      const values = hasHidden ? answer?.hidden[k] : answer?.probabilities;
      showLayer(layer, values, hasHidden ? null : network.labels);
    });
    showBars(answer?.probabilities);
    part("note").textContent = result?.doubt ?? "";
  }

  // Light up the units: fully at the largest value of the layer, or at 1 if none is above.
  function showLayer(layer, values, names) {
    const most = values ? values.reduce((high, value) => Math.max(high, Math.abs(value)), 1) : 1;
    layer.querySelectorAll(".draw-unit").forEach((tile, unit) => {
      const value = values ? values[unit] : 0;
      const name = names ? names[unit] : `unit ${unit}`;
      tile.style.setProperty("--on", (Math.abs(value) / most).toFixed(3));
      tile.classList.toggle("is-negative", value < 0);
      tile.title = values ? `${name}: ${value.toFixed(2)}` : name;
      tile.querySelector("span").textContent = values ? value.toFixed(2) : "";
      if (names) tile.querySelector("span").textContent = name;
    });
    showOtherUnits(layer.querySelector(".draw-caption"), values);
  }

  function showOtherUnits(caption, values) {
    caption.textContent = `and ${caption.dataset.count} more`;
    if (!values) return;
    const others = Array.from(values).slice(MOST_UNITS);
    const mean = others.reduce((sum, value) => sum + value, 0) / others.length;
    caption.textContent += `, ${mean.toFixed(2)} on average`;
  }

  // The classes in their own order; of more than ten, the most probable ones first.
  function chooseClasses(probabilities) {
    const codes = network.labels.map((_, code) => code);
    if (codes.length > MOST_CLASSES && probabilities) {
      codes.sort((one, other) => probabilities[other] - probabilities[one]);
    }
    return codes.slice(0, MOST_CLASSES);
  }

  function showBars(probabilities) {
    const codes = chooseClasses(probabilities);
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    part("bars").querySelectorAll("li").forEach((bar, k) => {
      const value = probabilities ? probabilities[codes[k]] : 0;
      const label = network.labels[codes[k]];
      bar.dataset.probability = value;
      bar.style.setProperty("--part", value.toFixed(4));
      bar.classList.toggle("is-best", codes[k] === best);
      bar.querySelector("b").textContent = label;
      bar.querySelector("b").title = label;
      bar.querySelector("output").textContent = probabilities ? percent(value) : "";
    });
    showRest(codes, probabilities);
    const answer = network.labels[best] ?? "";
    part("best").textContent = answer;
    part("best").classList.toggle("is-long", answer.length > 3);
    const share = probabilities ? Math.round(100 * probabilities[best]) : 0;
    speak(probabilities ? `Read as ${answer}, ${share} percent` : "Nothing drawn");
  }

  function showRest(codes, probabilities) {
    const count = network.labels.length - codes.length;
    const rest = part("rest");
    rest.hidden = count === 0;
    const shown = probabilities ? codes.reduce((sum, code) => sum + probabilities[code], 0) : 1;
    const share = probabilities ? `: ${percent(Math.max(1 - shown, 0))}` : "";
    rest.textContent = `${count} other ${count === 1 ? "class" : "classes"}${share}`;
  }

  // Screen readers say each text that comes here: not one for each point of a stroke.
  let speaking = 0;
  function speak(text) {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      if (part("spoken").textContent !== text) part("spoken").textContent = text;
    }, 300);
  }

  // -- Drawing ----------------------------------------------------------------------------

  // Keep the pen away from the edge.
  const inside = (at) => clip(at, PEN + 2, SIDE - PEN - 2);

  // Put the line from one point to the next into the pixels of the drawing.
  function stamp([x0, y0], [x1, y1]) {
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    for (let y = Math.floor(Math.min(y0, y1) - PEN); y <= Math.max(y0, y1) + PEN; y++) {
      for (let x = Math.floor(Math.min(x0, x1) - PEN); x <= Math.max(x0, x1) + PEN; x++) {
        const [across, down] = [x + 0.5 - x0, y + 0.5 - y0];
        const part = (across * (x1 - x0) + down * (y1 - y0)) / (length || 1);
        const along = clip(part, 0, 1);
        const away = Math.hypot(across - along * (x1 - x0), down - along * (y1 - y0));
        if (away <= PEN) ink[y * SIDE + x] = 1;
      }
    }
  }

  function begin(point) {
    strokes.push([point]);
    stamp(point, point);
    refresh();
  }

  function extend(point) {
    const stroke = strokes[strokes.length - 1];
    stamp(stroke[stroke.length - 1], point);
    stroke.push(point);
    refresh();
  }

  function clear() {
    ink.fill(0);
    strokes = [];
    pointer = null;
    pen.isDown = false;
    show();
  }

  // By mouse, finger or pen: one at a time.
  let pointer = null;

  function place(event) {
    const box = pad.getBoundingClientRect();
    return [
      inside((SIDE * (event.clientX - box.left)) / box.width),
      inside((SIDE * (event.clientY - box.top)) / box.height),
    ];
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || pointer !== null) return;
    event.preventDefault();
    pad.focus({ preventScroll: true });
    pad.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    pen.isShown = pen.isDown = false;
    begin(place(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) extend(place(move));
  });
  pad.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId === pointer) pointer = null;
  });

  // By keys: arrows move the pen, two at once diagonally, and the space bar puts it down
  // and lifts it. A space bar that is held draws as long as it is held.
  const pen = { at: [SIDE / 2, SIDE / 4], isDown: false, isShown: false, hasMoved: false };
  const held = new Set();
  const ARROWS = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };

  function movePen() {
    const [x, y] = pen.at;
    let [right, down] = [0, 0];
    for (const key of held) {
      right += ARROWS[key][0];
      down += ARROWS[key][1];
    }
    pen.at = [inside(x + STEP * right), inside(y + STEP * down)];
    pen.hasMoved = true;
    if (pen.isDown) extend(pen.at);
  }

  function putPen(isDown) {
    pen.isDown = isDown;
    pen.hasMoved = false;
    if (isDown) begin(pen.at);
  }

  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pointer !== null) return;
    if (event.key in ARROWS) {
      held.add(event.key);
      movePen();
    } else if (event.key === " ") {
      if (!event.repeat) putPen(!pen.isDown);
    } else {
      return;
    }
    event.preventDefault();
    pen.isShown = true;
    refresh();
  });
  pad.addEventListener("keyup", (event) => {
    held.delete(event.key);
    if (event.key === " " && pen.isDown && pen.hasMoved) putPen(false);
    refresh();
  });
  pad.addEventListener("focus", () => {
    pen.isShown = pad.matches(":focus-visible") && pointer === null;
    refresh();
  });
  pad.addEventListener("blur", () => {
    held.clear();
    pen.isShown = pen.isDown = false;
    refresh();
  });

  part("clear").addEventListener("click", clear);
  // In a page of its own, from anywhere; in a notebook, these keys have other uses. (Within the
  // drawing, "data-lm-suppress-shortcuts" switches JupyterLab's own shortcuts off.)
  const isOwnPage = document.documentElement.classList.contains("skmnist-page");
  (isOwnPage ? document : root).addEventListener("keydown", (event) => {
    if (["Escape", "Delete", "Backspace"].includes(event.key)) clear();
  });

  // -- The page around ---------------------------------------------------------------------

  // The theme of a Sphinx site or of JupyterLab, or else that of the system.
  const system = matchMedia("(prefers-color-scheme: dark)");
  function isDark() {
    const site = document.documentElement.dataset.theme;
    if (site) return site === "dark";
    const jupyter = document.body.dataset.jpThemeLight;
    if (jupyter) return jupyter === "false";
    return system.matches;
  }

  function repaint() {
    root.classList.toggle("is-dark", isDark());
    paintWeights();
    show();
  }

  system.addEventListener("change", repaint);
  const themes = { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light"] };
  const observer = new MutationObserver(repaint);
  observer.observe(document.documentElement, themes);
  observer.observe(document.body, themes);
  new ResizeObserver(refresh).observe(pad);

  // There may be several drawings in a notebook.
  const group = `draw-network-${Math.random()}`;
  networks.forEach((one, k) => {
    const label = element("label", "");
    const input = element("input", "");
    Object.assign(input, { type: "radio", name: group, value: k, checked: k === 0 });
    input.addEventListener("change", () => {
      network = one;
      build();
      show();
    });
    label.append(input, one.name);
    part("networks").append(label);
  });
  part("networks").hidden = networks.length < 2;

  root.classList.toggle("is-dark", isDark());
  build();
  show();

  // For tests, and for pages around that want to know.
  root.skmnist = {
    side: SIDE,
    ink,
    predict(pixels) {
      const levels = pixels.map((level) => level / 255);
      return Array.from(predict(network, levels).probabilities);
    },
  };
})(document.currentScript.parentElement);
