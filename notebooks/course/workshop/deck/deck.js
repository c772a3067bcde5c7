// Sets the formulas, makes the letters of a slide smaller where they need more room than there is, and begins.
const least = 0.5;

function spills(slide) {
  return slide.scrollHeight > slide.clientHeight || slide.scrollWidth > slide.clientWidth;
}

function fit(slide) {
  for (let size = 1; spills(slide) && size > least; ) slide.style.fontSize = `${(size -= 0.02)}em`;
}

async function begin() {
  const slides = [...document.querySelectorAll(".slides section section")];
  for (const slide of slides) slide.classList.add("leaf");  // printing takes it out of its section
  await MathJax.startup.promise;
  document.body.classList.add("measured");
  await MathJax.typesetPromise();
  for (const copy of document.querySelectorAll("aside.notes mjx-assistive-mml")) copy.remove();  // read twice there
  await Promise.all([document.fonts.ready, ...[...document.images].map(image => image.decode())]);
  slides.forEach(fit);
  document.body.classList.remove("measured");
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 5, center: false, display: "flex", hash: true,
    navigationMode: "linear", slideNumber: "c/t", transition: "none", backgroundTransition: "none",
    controls: false, progress: true, defaultTiming: 0, pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
  });
}

begin();
