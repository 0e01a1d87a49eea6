const live = new Set();

function init() {
  const chart = { setOption() {}, resize() {}, dispose: () => live.delete(chart) };
  live.add(chart);
  return chart;
}

module.exports = { init, live };
