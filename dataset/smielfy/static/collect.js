// The table of smileys: what is given, and what is missing.

import { $, countText, element, instruction, smileyIcon } from "./dom.js";
import { t } from "./i18n.js";
import { refresh, state } from "./state.js";
import { showTeachInvitation } from "./teach_invitation.js";

export const missing = () => Object.keys(state.smileys).filter((slug) => !state.me.given[slug]);

// Pick a smiley at random: one that is missing, or else one with the fewest shots; never the same twice.
export function pickSmiley(not) {
  const shots = (slug) => state.me.given[slug]?.bursts ?? 0;
  const rest = Object.keys(state.smileys).filter((slug) => slug !== not);
  const least = Math.min(...rest.map(shots));
  const choice = rest.filter((slug) => shots(slug) === least);
  return choice[Math.floor(Math.random() * choice.length)];
}

export const collect = {
  async enter() {
    await refresh();
    showTeachInvitation(state.me.taught);
    const all = Object.keys(state.smileys).length;
    const left = missing();
    const done = all - left.length;
    $("progress").firstElementChild.style.width = `${(100 * done) / all}%`;
    $("progress-text").textContent = `${t("collect.progress", { done, all })}. `;
    if (done && !left.length) $("progress-text").append(t("collect.all"));
    if (done && left.length) $("progress-text").append(`${t("collect.missing")} `, ...left.map(smileyIcon));
    $("smileys").replaceChildren(
      ...Object.values(state.smileys).map(({ slug, emoticon }) => {
        const given = state.me.given[slug];
        const link = element("a", { href: `#shoot/${slug}`, className: given ? "done" : "" });
        link.append(
          smileyIcon(slug),
          element("code", { textContent: emoticon }),
          element("small", { textContent: given ? countText(given) : t("collect.none") }),
        );
        link.title = instruction(slug);
        return element("li", {}, link);
      }),
    );
  },
};

$("deal").addEventListener("click", () => (location.hash = `shoot/${pickSmiley()}`));
