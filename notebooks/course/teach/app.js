// What ipywidgets' upload button lacks: files may be dropped, and many or large ones go to the kernel one message after the
// other, because servers cut the connection at a message of 10 MiB. Without this script the button still works for less.
(() => {
  const announce = (tries) => {
    const found = document.querySelectorAll(".tlkit-status .widget-html-content");
    found.forEach((status) => status.setAttribute("aria-live", "polite"));
    if (!found.length && tries) setTimeout(announce, 300, tries - 1);
  };
  announce(200);
  if (window.tlkitTeach) return;
  window.tlkitTeach = true;
  const MOST = 8e6; // bytes of one message
  const open = HTMLInputElement.prototype.click;
  const place = (event) => event.target.closest && event.target.closest(".tlkit-drop");
  let button = null; // the upload button that was clicked
  let dropped = null; // files waiting for it

  document.addEventListener("click", (event) => { button = event.target.closest(".tlkit-teach .widget-upload"); }, true);
  HTMLInputElement.prototype.click = function () {
    const mine = this.type === "file" ? button : null;
    button = null;
    if (!mine) return open.call(this);
    if (!this.tlkit) {
      this.tlkit = true;
      const split = (event) => {
        if (this.handing) return;
        event.stopImmediatePropagation();
        send(this, mine, [...this.files]);
      };
      this.addEventListener("change", split, true);
    }
    if (!dropped) return open.call(this);
    send(this, mine, dropped);
    dropped = null;
  };

  const send = async (input, button, files) => {
    let message = [], bytes = 0;
    for (const file of files) {
      const one = file.size > MOST ? new File([`tlkit: ${file.size} bytes`], file.name) : file;
      if (message.length && bytes + one.size > MOST) {
        await hand(input, button, message);
        message = [];
        bytes = 0;
      }
      message.push(one);
      bytes += one.size;
    }
    if (message.length) await hand(input, button, message);
  };

  const hand = async (input, button, files) => {
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    input.files = transfer.files;
    input.handing = true;
    input.dispatchEvent(new Event("change"));
    input.handing = false;
    await label(button, (text) => !text.endsWith("(0)")); // the button counts what it has sent
    await label(button, (text) => text.endsWith("(0)")); // the kernel has taken it
  };

  const label = (button, wanted) => new Promise((seen) => {
    const look = () => {
      if (!wanted(button.textContent.trim())) return;
      watch.disconnect();
      seen();
    };
    const watch = new MutationObserver(look);
    watch.observe(button, { childList: true, subtree: true, characterData: true });
    look();
  });

  const stay = (event) => { // a picture dropped beside a field must not replace the page
    if (event.target.closest && event.target.closest(".tlkit-teach")) event.preventDefault();
    document.querySelectorAll(".tlkit-drop.over").forEach((other) => other.classList.remove("over"));
    if (place(event) && event.type === "dragover") place(event).classList.add("over");
  };
  ["dragover", "dragleave", "drop"].forEach((name) => document.addEventListener(name, stay, true));
  document.addEventListener("drop", (event) => {
    const target = place(event) && place(event).querySelector(".widget-upload");
    if (!target || target.disabled || !event.dataTransfer.files.length) return;
    dropped = [...event.dataTransfer.items].filter((item) => item.kind === "file").map((item) => {
      const entry = item.webkitGetAsEntry && item.webkitGetAsEntry();
      return entry && entry.isDirectory ? new File(["tlkit: folder"], entry.name) : item.getAsFile();
    });
    target.click();
  }, true);
})();
