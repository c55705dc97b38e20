#!/bin/bash
# Opens a report in headless Chromium: points must be drawn, and what a mouse dragged around some of
# them selects must be what spi-select takes of the same region.    browser.sh FOLDER-OF-PROGRAMS
set -euo pipefail
bin=$1
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "skipped: there is no Chromium (Debian package chromium)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$bin/spi-simulate" --averages --frames 40 --particles cube,sphere --pixels 48 --photons 1e5 -q -o averages.h5
"$bin/spi-clpca" averages.h5 --bootstrap 0 --plots none -q -o clpca.h5
"$bin/spi-report" averages.h5 clpca.h5 -q -o report.html
"$bin/spi-select" clpca.h5 --box c1=0: --no-plots -q -o expected.h5
grep -qE '(src|href)="?([a-z]*:)?//' report.html && { echo "the page needs the network"; exit 1; }

# What a user does, written as script: the page tells in its title what came of it.
cat > check.html <<'CHECK'
<script>
addEventListener("load", () => {
  const plot = spiPlots[0], canvas = plot.canvas, box = canvas.getBoundingClientRect();
  const left = plot.toX(plot.xRange[0]), middle = plot.toX(0), right = plot.toX(plot.xRange[1]), top = plot.toY(plot.yRange[1]), bottom = plot.toY(plot.yRange[0]);
  const scale = canvas.width / plot.width;  // the legend is left out
  const pixels = canvas.getContext("2d").getImageData(left * scale, top * scale,
    plot.inner.width * scale, plot.inner.height * scale).data;
  let colored = 0;
  for (let k = 0; k < pixels.length; k += 4)
    colored += Math.max(...pixels.slice(k, k + 3)) - Math.min(...pixels.slice(k, k + 3)) > 60;
  canvas.setPointerCapture = () => {};  // made events have no pointer to capture
  const send = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type,
    {clientX: box.left + x, clientY: box.top + y, button: 0, bubbles: true}));
  send("pointerdown", middle, top);
  send("pointermove", right, top);
  send("pointermove", right, bottom);
  send("pointermove", middle, bottom);
  send("pointerup", middle, bottom);
  const dragged = plot.selectedText;
  const ids = plot.select([[0, plot.yRange[0]], [plot.xRange[1], plot.yRange[0]], [plot.xRange[1], plot.yRange[1]], [0, plot.yRange[1]]]);
  send("pointermove", plot.px[0], plot.py[0]);
  const answer = document.createElement("pre");
  answer.id = "answer";
  answer.textContent = [plot.drawn, colored, plot.tip.querySelector("canvas") ? "thumbnail" : "none",
    ids.join(" ") === dragged.trim().split("\n").slice(1).join(" ") ? "same" : "different"].join(" ") + "\n" + dragged + "end";
  document.body.append(answer);
});
</script>
CHECK
sed -e '/^<\/body><\/html>$/d' -e 's|</body></html>||' report.html > checked.html
cat check.html >> checked.html
echo '</body></html>' >> checked.html
open_page() {
  "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$work/profile" --window-size=1200,1600 "$@" 2> browser.err
}
open_page --dump-dom "file://$work/checked.html" > dom.html
open_page --screenshot="$work/page.png" "file://$work/report.html"
[ "$(stat -c %s page.png)" -gt 10000 ] || { echo "the page is empty"; exit 1; }

sed -n '/<pre id="answer">/,/^end/p' dom.html > answer
read -r drawn colored thumbnail same < <(sed -n '1s/.*<pre id="answer">//p' answer)
echo "drawn $drawn, coloured pixels $colored, thumbnail: $thumbnail, lasso and function: $same"
[ "$drawn" = 40 ] || { echo "not all of 40 points are drawn"; exit 1; }
[ "$colored" -gt 400 ] || { echo "40 points of more than 10 pixels each are not on the canvas"; exit 1; }
[ "$thumbnail" = thumbnail ] || { echo "the mouse on a point shows no pattern"; exit 1; }
[ "$same" = same ] || { echo "the mouse and the function select different points"; exit 1; }
sed -e 1d -e '/^end/d' answer > ids.txt
diff <(sort -n expected-ids.txt) <(sort -n ids.txt) || { echo "spi-select takes others"; exit 1; }
"$bin/spi-select" clpca.h5 --ids ids.txt --no-plots -q -o again.h5
"$bin/spi-compare" expected.h5 again.h5 --ignore /rule
