// What is wrong with the slide that is shown now: sentences.
([least, leastCode]) => {
  const slide = Reveal.getCurrentSlide(), frame = slide.getBoundingClientRect(), found = [];
  const words = element => (element.alt || element.textContent).trim().slice(0, 50);
  const say = (what, element) => found.push(`${what}: ${words(element)}`);
  const parts = [...slide.children].filter(part => !part.matches('aside'));
  const shown = parts.filter(part => !part.matches('.heading, .again'));
  const isSeen = part => part.textContent.trim() || part.querySelector('img');
  if (!shown.some(isSeen)) say('only a heading', slide);
  const high = slide.scrollHeight > slide.clientHeight;
  if (high || slide.scrollWidth > slide.clientWidth) say('too much', slide);
  const unseen = 'aside, aside *, mjx-assistive-mml, mjx-assistive-mml *';
  for (const element of slide.querySelectorAll(`:scope :not(${unseen})`)) {
    const box = element.getBoundingClientRect();
    if (!box.width && !box.height) continue;
    const across = box.left < frame.left - 1 || box.right > frame.right + 1;
    const down = box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    if (across || down) say('leaves the slide', element);
  }
  const boxes = parts.map(part => part.getBoundingClientRect());
  boxes.forEach((box, i) => {
    if (i && box.top < boxes[i - 1].bottom - 1) say('lies upon what is above', parts[i]);
  });
  const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim()) continue;
    if (element.closest('aside, mjx-container')) continue;
    const size = parseFloat(getComputedStyle(element).fontSize) / 720;
    const wanted = element.closest('pre, code') ? leastCode : least;
    if (size < wanted) say(`small, ${(720 * size).toFixed(1)}`, element);
  }
  for (const picture of slide.querySelectorAll('img')) {
    if (!picture.complete || !picture.naturalWidth) say('not loaded', picture);
    if (!picture.alt.trim()) say('no words for a picture', slide);
    const large = picture.clientHeight >= 280 || picture.clientWidth >= 1100;
    if (!large) say('a small picture', picture);
  }
  const wrong = slide.querySelectorAll('mjx-merror, [data-mjx-error]');
  wrong.forEach(formula => say('formula', formula));
  const unset = slide.querySelector('.formula:not(:has(mjx-container))');
  if (unset) say('a formula is not set', slide);
  const prose = shown.filter(part => !part.querySelector('pre'));
  const read = prose.map(part => part.innerText).join(' ');
  if (/\$[^ ]|\]\(|\*\*/.test(read)) say('Markdown that was not read', slide);
  const later = slide.querySelector('.fragment:not(.visible)');
  if (later) say('something has not appeared', slide);
  return found;
}
