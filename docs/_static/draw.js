// The page "Draw a digit": a drawing, the 28 x 28 pixels that skmnist.read_digit makes of it, the
// hidden units, and the ten probabilities. networks.js, from docs/_ext/networks.py, has the weights.
(() => {
  "use strict";

  const SIDE = 280; // of the drawing, in pixels
  const PEN = 11; // radius
  const BOX = 20;
  const SIZE = 28;
  const THINNEST = 2.3;
  const THICKEST = 4;

  // -- From a drawing to MNIST's form, as read_digit does with a picture without noise ----------

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

  // The shapes that make the digit, and whether there are others like it.
  function chooseShapes(shapes, labels) {
    shapes = shapes.filter((one) => !shapes.some((other) => encloses(one, other, labels)));
    const main = shapes.reduce((best, shape) => (shape.area > best.area ? shape : best));
    const height = main.bottom - main.top;
    const longer = longerSide(main);
    const kept = [main];
    let several = false;
    for (const shape of shapes) {
      const reach = shape.bottom - shape.top < 0.5 * height ? 0.25 : 0.1;
      if (gap(shape, main) > reach * longer) {
        several ||= longerSide(shape) >= 0.5 * longer;
      } else if (shape !== main && shape.area >= 0.02 * main.area) {
        kept.push(shape);
      }
    }
    return { kept, several };
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
        spread(x, side, (k, share) => {
          across[y * BOX + k] += share * drawn[row * width + column];
        });
      }
    }
    const boxed = new Float64Array(BOX * BOX);
    for (let y = 0; y < side; y++) {
      spread(y, side, (k, share) => {
        for (let x = 0; x < BOX; x++) boxed[k * BOX + x] += share * across[y * BOX + x];
      });
    }
    return boxed.map((value) => roundHalfEven(255 * value));
  }

  // The pixels of the box that one of the `side` pixels lies in, and its share of each.
  function spread(at, side, add) {
    const length = side / BOX;
    for (let k = Math.floor(at / length); k < BOX && k * length < at + 1; k++) {
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
    const { kept, several } = chooseShapes(shapes, labels);
    const isKept = new Set(kept.map((shape) => shape.label));
    const isInk = ink.map((value, at) => (isKept.has(labels[at]) ? 1 : 0));
    const box = extent((at) => isInk[at], SIDE, SIDE);
    return { ...centre(fitIntoBox(cutOut(isInk, box))), several };
  }

  // -- The network -------------------------------------------------------------------------------

  function predict(network, digit) {
    const [[hiddenWeights, outputWeights], [hiddenBiases, outputBiases]] = [
      network.coefs,
      network.intercepts,
    ];
    const hidden = hiddenBiases.map((bias, unit) => {
      let sum = bias;
      for (let at = 0; at < digit.length; at++) {
        if (digit[at]) sum += (digit[at] / 255) * hiddenWeights[at][unit];
      }
      return 1 / (1 + Math.exp(-sum));
    });
    const outputs = outputBiases.map((bias, label) =>
      hidden.reduce((sum, value, unit) => sum + value * outputWeights[unit][label], bias),
    );
    const highest = Math.max(...outputs);
    const powers = outputs.map((value) => Math.exp(value - highest));
    const total = powers.reduce((sum, value) => sum + value);
    return { hidden, probabilities: powers.map((value) => value / total) };
  }

  // -- The page ----------------------------------------------------------------------------------

  const root = document.getElementById("draw");
  const part = (name) => root.querySelector(`[data-draw=${name}]`);
  const pad = part("pad");
  const seen = part("seen");
  const ink = new Uint8Array(SIDE * SIDE);
  const networks = window.skmnistNetworks;
  let strokes = []; // lists of points, of which the last is being drawn
  let network = networks[0];
  let result = null;

  function color(name) {
    return getComputedStyle(root).getPropertyValue(`--draw-${name}`).trim();
  }

  function rgb(name) {
    return color(name).match(/[\d.]+/g).map(Number);
  }

  function mix(one, other, share) {
    return one.map((level, k) => Math.round(level + share * (other[k] - level)));
  }

  // Put the line from one point to the next into the pixels of the drawing.
  function stamp([x0, y0], [x1, y1]) {
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    for (let y = Math.floor(Math.min(y0, y1) - PEN); y <= Math.max(y0, y1) + PEN; y++) {
      for (let x = Math.floor(Math.min(x0, x1) - PEN); x <= Math.max(x0, x1) + PEN; x++) {
        const along = length
          ? Math.min(Math.max(((x + 0.5 - x0) * (x1 - x0) + (y + 0.5 - y0) * (y1 - y0)) / length, 0), 1)
          : 0;
        const away = Math.hypot(x + 0.5 - x0 - along * (x1 - x0), y + 0.5 - y0 - along * (y1 - y0));
        if (away <= PEN) ink[y * SIDE + x] = 1;
      }
    }
  }

  // The place of a pointer in the drawing; a margin keeps the pen away from the edge.
  function place(event) {
    const box = pad.getBoundingClientRect();
    const inside = (at) => Math.min(Math.max(SIDE * at, PEN + 2), SIDE - PEN - 2);
    return [
      inside((event.clientX - box.left) / box.width),
      inside((event.clientY - box.top) / box.height),
    ];
  }

  function extend(event) {
    const stroke = strokes[strokes.length - 1];
    for (const moved of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const point = place(moved);
      stamp(stroke[stroke.length - 1], point);
      stroke.push(point);
    }
    refresh();
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

  function clear() {
    ink.fill(0);
    strokes = [];
    show();
  }

  function show() {
    result = readDigit(ink);
    showDrawing();
    showSeen();
    showAnswer();
  }

  function context(canvas) {
    const scale = window.devicePixelRatio || 1;
    const side = Math.round(canvas.clientWidth * scale);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const drawing = canvas.getContext("2d");
    drawing.setTransform(1, 0, 0, 1, 0, 0);
    drawing.clearRect(0, 0, side, side);
    return { drawing, side };
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
    root.classList.toggle("is-empty", !strokes.length);
  }

  function showSeen() {
    const { drawing, side } = context(seen);
    const cell = side / SIZE;
    const [paper, light] = [rgb("cell"), rgb("ink")];
    for (let at = 0; at < SIZE * SIZE; at++) {
      const level = result ? result.digit[at] / 255 : 0;
      drawing.fillStyle = `rgb(${mix(paper, light, level)})`;
      const [y, x] = [Math.floor(at / SIZE) * cell, (at % SIZE) * cell];
      drawing.fillRect(x + 0.06 * cell, y + 0.06 * cell, 0.88 * cell, 0.88 * cell);
    }
    if (!result) return;
    drawing.strokeStyle = color("accent");
    drawing.lineWidth = Math.max(1, side / 300);
    drawing.setLineDash([cell / 2, cell / 2]);
    drawing.strokeRect(result.left * cell, result.top * cell, BOX * cell, BOX * cell);
  }

  function buildUnits() {
    const units = part("units");
    units.replaceChildren();
    units.dataset.count = network.intercepts[0].length;
    part("units-title").textContent = `${network.intercepts[0].length} hidden units`;
    part("accuracy").textContent = `reads ${Math.round(100 * network.accuracy)} of 100 test digits`;
    network.intercepts[0].forEach((_, unit) => {
      const tile = document.createElement("div");
      tile.className = "draw-unit";
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = SIZE;
      tile.append(canvas, document.createElement("span"));
      units.append(tile);
    });
    paintUnits();
  }

  // The weights of each unit, times how much each pixel varies in the data.
  function paintUnits() {
    const [paper, positive, negative] = [rgb("cell"), rgb("positive"), rgb("negative")];
    part("units").querySelectorAll("canvas").forEach((canvas, unit) => {
      const weights = network.coefs[0].map((row, at) => row[unit] * network.spread[at]);
      const most = Math.max(...weights.map(Math.abs));
      const drawing = canvas.getContext("2d");
      const image = drawing.createImageData(SIZE, SIZE);
      weights.forEach((weight, at) => {
        const share = Math.abs(weight) / most;
        image.data.set([...mix(paper, weight > 0 ? positive : negative, share), 255], 4 * at);
      });
      drawing.putImageData(image, 0, 0);
    });
  }

  function showAnswer() {
    const answer = result && predict(network, result.digit);
    part("units").querySelectorAll(".draw-unit").forEach((tile, unit) => {
      const value = answer ? answer.hidden[unit] : 0;
      tile.style.setProperty("--on", value.toFixed(3));
      tile.title = answer ? `unit ${unit}: ${value.toFixed(2)}` : `unit ${unit}`;
      tile.querySelector("span").textContent = answer ? value.toFixed(2) : "";
    });
    const best = answer ? answer.probabilities.indexOf(Math.max(...answer.probabilities)) : -1;
    part("bars").querySelectorAll("li").forEach((bar, label) => {
      const value = answer ? answer.probabilities[label] : 0;
      bar.dataset.probability = value;
      bar.style.setProperty("--part", value.toFixed(4));
      bar.classList.toggle("is-best", label === best);
      bar.querySelector("output").textContent = answer ? `${(100 * value).toFixed(1)} %` : "";
    });
    part("best").textContent = answer ? best : "";
    part("note").textContent =
      result?.several ? "Several shapes of like size: only the largest is read." : "";
    part("spoken").textContent = answer
      ? `Read as ${best}, ${Math.round(100 * answer.probabilities[best])} percent`
      : "Nothing drawn";
  }

  networks.forEach((one, k) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "draw-network", value: k, checked: k === 0 });
    input.addEventListener("change", () => {
      network = one;
      buildUnits();
      showAnswer();
    });
    label.append(input, `${one.intercepts[0].length} units`);
    part("networks").append(label);
  });
  for (let label = 0; label < 10; label++) {
    const bar = document.createElement("li");
    bar.innerHTML = `<b>${label}</b><i></i><output></output>`;
    part("bars").append(bar);
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    strokes.push([place(event)]);
    extend(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) extend(event);
  });
  part("clear").addEventListener("click", clear);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input:not([type=radio]), textarea, dialog");
    if (!isTyping && ["Escape", "Delete", "Backspace"].includes(event.key)) clear();
  });
  const repaint = () => {
    paintUnits();
    show();
  };
  new MutationObserver(repaint).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
  new ResizeObserver(show).observe(pad);

  buildUnits();
  show();
  window.skmnistDrawing = { side: SIDE, ink };
})();
