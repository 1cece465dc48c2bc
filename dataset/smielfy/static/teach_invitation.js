// The invitation to teach one's own face, before anything that the net says of it.

let taught = false;

export function showFirst(knows = taught) {
  taught = knows;
  for (const node of document.querySelectorAll("[data-first]")) node.hidden = taught;
}
