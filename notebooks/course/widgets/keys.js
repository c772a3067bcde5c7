// What ipywidgets' widgets lack in JupyterLab for those who use the keyboard or a screen reader:
// a key that is pressed inside a widget stays there (Lab's own shortcuts would move or copy cells), the arrow keys go from
// button to button in a group (Enter or Space chooses), and each button says whether it is pressed.
(() => {
  if (window.tlkitKeys) return;
  window.tlkitKeys = true;
  const STAY = "data-lm-suppress-shortcuts"; // JupyterLab looks for no shortcut of an element with it, nor above it
  const WIDGETS = ".jupyter-widgets, .widget-toggle-buttons"; // a group of buttons that stands alone is not in the first
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  const mend = () => {
    waiting = false;
    document.querySelectorAll(".widget-toggle-buttons button, button.widget-toggle-button").forEach((button) => {
      set(button, "aria-pressed", String(button.classList.contains("mod-active")));
    });
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(mend, 50);
  };
  const seen = { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] };
  new MutationObserver(soon).observe(document.body, seen);
  mend();

  window.addEventListener("keydown", (event) => {
    const { target } = event;
    const output = target.closest && target.closest(".jp-OutputArea-output");
    if (!output || !output.querySelector(WIDGETS)) return;
    const forLab = event.ctrlKey || event.metaKey || event.altKey; // as Ctrl+S
    if (forLab) target.removeAttribute(STAY);
    else set(target, STAY, "true");
    const group = target.closest(".widget-toggle-buttons");
    const step = STEPS[event.key];
    if (forLab || !group || !step) return;
    const buttons = [...group.querySelectorAll("button")];
    buttons[(buttons.indexOf(target) + step + buttons.length) % buttons.length].focus();
    event.preventDefault();
  }, true);
})();
