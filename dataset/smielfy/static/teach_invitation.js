// The invitation to teach one's own face, before anything that the net says of it.

let taught = false;

export function showTeachInvitation(knows = taught) {
  taught = knows;
  for (const node of document.querySelectorAll("[data-teach-invitation]")) node.hidden = taught;
}
