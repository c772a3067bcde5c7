// Texts of the page whose contrast to what lies behind them is too small (WCAG 2).
least => {
  const numbers = colour => colour.match(/[\d.]+/g).map(Number);
  const linear = value => {
    const v = value / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  const light = ([r, g, b]) =>
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = numbers(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const article = document.querySelector('article'), faint = new Set();
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const words = texts.currentNode.textContent.trim().slice(0, 30);
    if (!words || !element.checkVisibility({visibilityProperty: true})) continue;
    const ink = light(numbers(getComputedStyle(element).color));
    const paper = light(behind(element));
    const [a, b] = [Math.max(ink, paper), Math.min(ink, paper)];
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < least) faint.add(`${words} (${contrast.toFixed(1)})`);
  }
  return [...faint];
}
