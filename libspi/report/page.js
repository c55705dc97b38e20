// Plots of points on a canvas. Every .plot holds its data as JSON (libspi/report/points.h); plots of
// the same patterns share what is selected. Scripts reach them as window.spiPlots.
"use strict";
(() => {
  const colors = JSON.parse(document.getElementById("colors").textContent);
  const groups = new Map();  // origin of the patterns -> {ids: Set of selected, plots}
  const kMargin = {left: 62, top: 12, right: 132, bottom: 46};
  const kMostCategories = 24, kTooFar = 9, kFont = '"DejaVu Sans", Helvetica, Arial, sans-serif';

  const make = (parent, tag, properties = {}) =>
    parent.appendChild(Object.assign(document.createElement(tag), properties));
  const isNumber = x => x !== null && Number.isFinite(x);
  const print = x => String(Number(x.toPrecision(4))).replace("-", "\u2212");

  function limits(values) {
    let low = Infinity, high = -Infinity;
    for (const x of values) if (isNumber(x)) { low = Math.min(low, x); high = Math.max(high, x); }
    if (low > high) return [0, 1];
    const margin = (high - low) * 0.04 || Math.abs(low) * 0.1 || 1;
    return [low - margin, high + margin];
  }

  function ticks([low, high], wanted) {
    const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find(m => m * power >= raw * 0.999);
    const list = [];
    for (let k = Math.ceil(low / step); k * step <= high; ++k) list.push(k * step);
    return list;
  }

  // How a column becomes colours: categories (labels, or few whole numbers), or a map.
  function coloring(column) {
    if (!column) return {of: () => colors.categories[0], shape: () => 0};
    const present = column.values.filter(isNumber);
    const distinct = [...new Set(present)].sort((a, b) => a - b);
    const isCoded = column.labels.length > 0 ||
      (distinct.length <= kMostCategories && distinct.every(Number.isInteger));
    if (isCoded) {
      const index = new Map(distinct.map((value, k) => [value, column.labels.length ? value : k]));
      const first = column.labels.length ? 0 : distinct.filter(x => x < 0).length;
      const place = x => isNumber(x) && x >= 0 ? index.get(x) - first : -1;
      return {
        of: x => place(x) < 0 ? colors.missing : colors.categories[place(x) % colors.categories.length],
        shape: x => Math.max(0, Math.floor(place(x) / colors.categories.length)) % 3,
        categories: distinct.map(x => [x, column.labels[x] ?? (x < 0 ? "none" : print(x))]),
      };
    }
    const sorted = Float64Array.from(present).sort();
    const at = q => sorted[Math.round(q * (sorted.length - 1))];
    const range = [at(0.005), at(0.995)];
    if (range[0] === range[1]) range[1] += 1;
    const step = x => Math.round((x - range[0]) / (range[1] - range[0]) * (colors.map.length - 1));
    return {
      of: x => isNumber(x) ? colors.map[Math.min(colors.map.length - 1, Math.max(0, step(x)))] : colors.missing,
      shape: () => 0, range,
    };
  }

  // Whether (x, y) lies in the polygon [[x, y], ...]: an odd number of its sides to the right.
  function isInside(x, y, polygon) {
    let inside = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      const [ax, ay] = polygon[i], [bx, by] = polygon[j];
      if ((ay > y) !== (by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay)) inside = !inside;
    }
    return inside;
  }

  function mark(context, shape, x, y, r) {
    context.beginPath();
    if (shape === 0) context.arc(x, y, r, 0, 2 * Math.PI);
    else if (shape === 1) context.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
    else { context.moveTo(x, y - r * 1.25); context.lineTo(x + r * 1.15, y + r * 0.9);
      context.lineTo(x - r * 1.15, y + r * 0.9); context.closePath(); }
    context.fill();
  }

  class Plot {
    constructor(element) {
      this.element = element;
      this.data = JSON.parse(element.querySelector("script").textContent);
      this.name = this.data.name;
      this.group = groups.get(this.data.origin) ?? {ids: new Set(), plots: []};
      groups.set(this.data.origin, this.group);
      this.group.plots.push(this);
      this.lasso = [];
      this.build();
      this.choose();
      new ResizeObserver(() => { if (this.canvas.parentElement.clientWidth !== this.width) this.draw(); })
        .observe(this.canvas.parentElement);
    }

    column(i) { return this.data.columns[i]; }

    build() {
      const view = make(this.element, "div", {className: "view"});
      const side = make(this.element, "div", {className: "side"});
      this.canvas = make(view, "canvas", {className: "points"});
      this.tip = make(this.element, "div", {className: "tip", hidden: true});
      const names = this.data.columns.map((column, i) => [i, column.name]);
      const numbers = names.filter(([i]) => this.column(i).labels.length === 0);
      this.choices = {};
      for (const [key, title, options] of [["x", "across", numbers], ["y", "up", numbers],
        ["color", "colour", [["", "none"], ...names]]]) {
        const label = make(side, "label", {textContent: title});
        const select = this.choices[key] = make(label, "select");
        for (const [value, text] of options) make(select, "option", {value, textContent: text});
        select.value = String(this.data[key] ?? "");
        select.onchange = () => this.choose();
      }
      this.status = make(side, "div");
      const buttons = make(side, "div", {className: "buttons"});
      const button = (text, action) => make(buttons, "button", {textContent: text, type: "button", onclick: action});
      this.forSelected = [button("Copy ids", () => this.copy()), button("Save ids.txt", () => this.save()),
        button("Enlarge", () => this.enlarge()), button("Clear", () => this.setSelected(new Set()))];
      button("Show all", () => this.choose());
      this.list = make(side, "textarea", {readOnly: true, spellcheck: false, hidden: true});
      this.list.setAttribute("aria-label", "ids of the selected points");
      this.hint = make(side, "code", {hidden: true});
      this.listen();
    }

    listen() {
      const place = event => {
        const box = this.canvas.getBoundingClientRect();
        return [event.clientX - box.left, event.clientY - box.top];
      };
      this.canvas.onpointerdown = event => {
        if (event.button !== 0) return;
        this.canvas.setPointerCapture(event.pointerId);
        this.lasso = [place(event)];
        this.tip.hidden = true;
      };
      this.canvas.onpointermove = event => {
        if (this.lasso.length === 0) return this.showTip(place(event));
        this.lasso.push(place(event));
        this.draw();
      };
      this.canvas.onpointerup = event => {
        const lasso = this.lasso;
        this.lasso = [];
        if (lasso.length > 3) this.select(lasso.map(p => this.valuesAt(p)), event.shiftKey);
        else this.draw();
      };
      this.canvas.onpointercancel = () => { this.lasso = []; this.draw(); };
      this.canvas.onpointerleave = () => { this.tip.hidden = true; };
    }

    // Takes axes and colour from the controls and shows all points.
    choose() {
      this.x = this.column(Number(this.choices.x.value));
      this.y = this.column(Number(this.choices.y.value));
      const color = this.choices.color.value;
      this.color = color === "" ? null : this.column(Number(color));
      this.coloring = coloring(this.color);
      this.setLimits(this.data.ids.map((_, i) => i));
    }

    setLimits(rows) {
      this.xRange = limits(rows.map(i => this.x.values[i]));
      this.yRange = limits(rows.map(i => this.y.values[i]));
      this.draw();
    }

    enlarge() { this.setLimits([...this.data.ids.keys()].filter(i => this.group.ids.has(this.data.ids[i]))); }

    get inner() {
      return {width: this.width - kMargin.left - kMargin.right, height: this.height - kMargin.top - kMargin.bottom};
    }
    toX(x) { return kMargin.left + (x - this.xRange[0]) / (this.xRange[1] - this.xRange[0]) * this.inner.width; }
    toY(y) { return kMargin.top + (this.yRange[1] - y) / (this.yRange[1] - this.yRange[0]) * this.inner.height; }
    valuesAt([px, py]) {
      return [this.xRange[0] + (px - kMargin.left) / this.inner.width * (this.xRange[1] - this.xRange[0]),
        this.yRange[1] - (py - kMargin.top) / this.inner.height * (this.yRange[1] - this.yRange[0])];
    }

    draw() {
      const ratio = Math.max(window.devicePixelRatio || 1, 2);  // 2: sharp on paper too
      this.width = this.canvas.parentElement.clientWidth;
      if (this.width < kMargin.left + kMargin.right + 40) return;
      this.height = Math.round(Math.min(this.width * 0.68, 520));
      this.canvas.width = this.width * ratio;
      this.canvas.height = this.height * ratio;
      const context = this.canvas.getContext("2d");
      context.scale(ratio, ratio);
      context.fillStyle = "#fff";
      context.fillRect(0, 0, this.width, this.height);
      this.drawAxes(context);
      context.save();
      context.beginPath();
      context.rect(kMargin.left, kMargin.top, this.inner.width, this.inner.height);
      context.clip();
      this.drawPoints(context);
      this.drawLasso(context);
      context.restore();
      this.drawMarks(context);
      this.drawLegend(context);
    }

    drawAxes(context) {
      const {left, top} = kMargin, {width, height} = this.inner;
      context.font = "11px " + kFont;
      context.strokeStyle = "#e6e6e6";
      context.fillStyle = "#222";
      context.lineWidth = 1;
      context.textAlign = "center";
      context.textBaseline = "top";
      const line = (...points) => { context.beginPath(); points.forEach(([x, y], k) => k ? context.lineTo(x, y) : context.moveTo(x, y)); context.stroke(); };
      for (const x of ticks(this.xRange, width / 90)) {
        line([this.toX(x), top], [this.toX(x), top + height]);
        context.fillText(print(x), this.toX(x), top + height + 6);
      }
      context.textAlign = "right";
      context.textBaseline = "middle";
      for (const y of ticks(this.yRange, height / 60)) {
        line([left, this.toY(y)], [left + width, this.toY(y)]);
        context.fillText(print(y), left - 7, this.toY(y));
      }
      context.strokeStyle = "#222";
      context.strokeRect(left, top, width, height);
      context.font = "12.5px " + kFont;
      context.textAlign = "center";
      context.fillText(this.x.name, left + width / 2, top + height + 33);
      context.save();
      context.translate(13, top + height / 2);
      context.rotate(-Math.PI / 2);
      context.fillText(this.y.name, 0, 0);
      context.restore();
    }

    drawPoints(context) {
      const n = this.data.ids.length, r = n > 5000 ? 1.7 : n > 1000 ? 2.4 : 3.4;
      const selected = this.group.ids, isAny = selected.size > 0;
      this.px = new Float32Array(n).fill(NaN);
      this.py = new Float32Array(n).fill(NaN);
      this.drawn = 0;
      for (const pass of isAny ? [false, true] : [true])
        for (let i = 0; i < n; ++i) {
          const x = this.x.values[i], y = this.y.values[i];
          if (!isNumber(x) || !isNumber(y) || (isAny && selected.has(this.data.ids[i]) !== pass)) continue;
          const px = this.toX(x), py = this.toY(y), value = this.color?.values[i];
          if (px < kMargin.left || px > kMargin.left + this.inner.width || py < kMargin.top ||
            py > kMargin.top + this.inner.height) continue;
          this.px[i] = px;
          this.py[i] = py;
          context.globalAlpha = pass ? 0.85 : 0.13;
          context.fillStyle = this.coloring.of(value);
          mark(context, this.coloring.shape(value), px, py, r);
          ++this.drawn;
        }
      context.globalAlpha = 1;
    }

    drawLasso(context) {
      if (this.lasso.length < 2) return;
      context.beginPath();
      this.lasso.forEach(([x, y], k) => k ? context.lineTo(x, y) : context.moveTo(x, y));
      context.closePath();
      context.fillStyle = "#0072b218";
      context.strokeStyle = "#0072b2";
      context.fill();
      context.stroke();
    }

    // Numbered places: across the whole plot where only one of their axes is shown.
    drawMarks(context) {
      const {columns, places} = this.data.marks, {left, top} = kMargin, {width, height} = this.inner;
      const ax = columns.indexOf(this.x.name), ay = columns.indexOf(this.y.name);
      if (ax < 0 && ay < 0) return;
      context.strokeStyle = "#333";
      context.fillStyle = "#222";
      context.font = "bold 11px " + kFont;
      context.textAlign = "center";
      context.textBaseline = "top";
      places.forEach((place, k) => {
        const px = ax < 0 ? left + width : this.toX(place[ax]), py = ay < 0 ? top : this.toY(place[ay]);
        if (px < left || px > left + width || py < top || py > top + height) return;
        context.beginPath();
        if (ax >= 0 && ay >= 0) { context.moveTo(px - 5, py); context.lineTo(px + 5, py); context.moveTo(px, py - 5); context.lineTo(px, py + 5); }
        else { context.setLineDash([3, 3]); ax >= 0 ? (context.moveTo(px, top + 17), context.lineTo(px, top + height)) : (context.moveTo(left, py), context.lineTo(left + width - 14, py)); }
        context.stroke();
        context.setLineDash([]);
        context.fillText(String(k), ax >= 0 && ay >= 0 ? px + 9 : ax >= 0 ? px : px - 7, ay >= 0 ? py - 6 : py + 4);
      });
    }

    drawLegend(context) {
      if (!this.color) return;
      const x = this.width - kMargin.right + 14;
      let y = kMargin.top + 6;
      const room = kMargin.right - 30;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.fillStyle = "#222";
      context.font = "bold 11.5px " + kFont;
      context.fillText(this.color.name, x, y, room + 10);
      context.font = "11px " + kFont;
      if (this.coloring.categories) {
        for (const [value, text] of this.coloring.categories) {
          if ((y += 18) > this.height - 12) break;
          context.fillStyle = this.coloring.of(value);
          mark(context, this.coloring.shape(value), x + 5, y, 4.5);
          context.fillStyle = "#222";
          context.fillText(text, x + 16, y, room - 6);
        }
        return;
      }
      const top = y + 14, height = Math.min(200, this.inner.height - 30), [low, high] = this.coloring.range;
      colors.map.forEach((color, k, all) => {
        context.fillStyle = color;
        context.fillRect(x, top + height * (1 - (k + 1) / all.length), 14, height / all.length + 0.6);
      });
      context.fillStyle = "#222";
      for (const value of ticks([low, high], 5))
        context.fillText(print(value), x + 20, top + height * (high - value) / (high - low));
    }

    nearest([x, y]) {
      let best = -1, least = kTooFar ** 2;
      for (let i = 0; i < this.px.length; ++i) {
        const d = (this.px[i] - x) ** 2 + (this.py[i] - y) ** 2;
        if (d < least) { least = d; best = i; }
      }
      return best;
    }

    showTip(place) {
      const i = this.nearest(place);
      this.tip.hidden = i < 0;
      if (i < 0) return;
      this.tip.replaceChildren();
      this.addThumbnail(i);
      make(this.tip, "b", {textContent: "id " + this.data.ids[i]});
      for (const column of this.worthTelling()) {
        const value = column.values[i];
        const text = !isNumber(value) ? "\u2013" : column.labels[value] ?? print(value);
        make(this.tip, "div", {textContent: column.name + ": " + text});
      }
      const isRight = place[0] > this.width / 2;
      this.tip.style.left = isRight ? "" : place[0] + 16 + "px";
      this.tip.style.right = isRight ? this.element.clientWidth - place[0] + 16 + "px" : "";
      this.tip.style.top = Math.max(0, Math.min(place[1] - 20, this.height - this.tip.offsetHeight)) + "px";
    }

    // The columns on show, then others, errors left out.
    worthTelling() {
      const kMost = 12;
      return [...new Set([this.x, this.y, this.color, ...this.data.columns.filter(c => !/_error|_sigma$/.test(c.name))])]
        .filter(Boolean).slice(0, kMost);
    }

    addThumbnail(i) {
      const sheet = this.data.sheet, tile = sheet?.tiles[i] ?? null;
      if (tile === null) return;
      const scale = Math.max(1, Math.round(128 / sheet.width));
      const canvas = make(this.tip, "canvas", {width: sheet.width * scale, height: sheet.height * scale});
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = false;
      context.drawImage(document.getElementById(sheet.image), tile % sheet.perRow * sheet.width,
        Math.floor(tile / sheet.perRow) * sheet.height, sheet.width, sheet.height, 0, 0, canvas.width, canvas.height);
    }

    // Selects the points in a polygon [[x, y], ...] in the units of the axes; returns their ids.
    select(polygon, isMore = false) {
      const ids = this.data.ids.filter((_, i) => Number.isFinite(this.px[i]) &&
        isInside(this.x.values[i], this.y.values[i], polygon));
      this.setSelected(new Set(isMore ? [...this.group.ids, ...ids] : ids));
      return ids;
    }

    setSelected(ids) {
      this.group.ids = ids;
      for (const plot of this.group.plots) plot.showSelected(), plot.draw();
    }

    // What spi-select --ids reads.
    get selectedText() {
      return this.data.heading + this.data.ids.filter(id => this.group.ids.has(id)).map(id => id + "\n").join("");
    }

    showSelected() {
      const count = this.data.ids.filter(id => this.group.ids.has(id)).length;
      for (const button of this.forSelected) button.disabled = count === 0;
      this.list.hidden = this.hint.hidden = count === 0;
      this.list.value = this.selectedText;
      this.hint.textContent = "spi-select " + this.data.table + " --ids ids.txt -o selection.h5";
      this.status.textContent = count ? count + " of " + this.data.ids.length + " selected"
        : this.data.ids.length + " points. Drag around some to select them; Shift adds.";
    }

    async copy() {
      try { await navigator.clipboard.writeText(this.selectedText); }
      catch { this.list.select(); document.execCommand("copy"); }
      this.status.textContent = "copied";
    }

    save() {
      const address = URL.createObjectURL(new Blob([this.selectedText], {type: "text/plain"}));
      make(document.body, "a", {href: address, download: "ids.txt"}).click();
      document.body.lastChild.remove();
      URL.revokeObjectURL(address);
    }
  }

  window.spiPlots = [...document.querySelectorAll(".plot")].map(element => new Plot(element));
  for (const plot of window.spiPlots) plot.showSelected();
})();
