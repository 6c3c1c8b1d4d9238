// SPDX-License-Identifier: Apache-2.0

// Begins when the page is there: unpacks the profile and draws it.

for (const details of document.querySelectorAll('details.numbers')) details.open = false;

const page = {profile: null, timeline: null, flames: null};

function addFlames(profile) {
  const holder = document.getElementById('flame-graph');
  if (holder === null) return null;
  const section = document.getElementById('flames');
  const graph = new FlameGraph(holder, section.querySelector('output.told'), flameTree(profile));
  const search = section.querySelector('input');
  search.addEventListener('input', () => {
    section.querySelector('output.found').textContent = graph.search(search.value);
  });
  section.querySelector('button').addEventListener('click', () => graph.zoom(graph.top));
  return graph;
}

function addSaving(profile) {
  const name = `profile-${profile.process.pid}`;
  document.getElementById('save-json').addEventListener('click', () =>
    save(`${name}.json`, 'application/json', JSON.stringify(profile, null, 1) + '\n'));
  const folded = document.getElementById('folded');
  document.getElementById('save-folded')?.addEventListener('click', () =>
    save(`${name}.folded`, 'text/plain', folded.textContent));
}

async function begin() {
  addTheme(() => {});
  const profile = await unpack('profile');
  page.profile = profile;
  page.timeline = makeTimeline(profile);
  page.flames = addFlames(profile);
  addSaving(profile);
  root.dataset.ready = 'yes';
}

begin().catch((error) => {
  // As it is without scripts: the tables have all the figures.
  for (const details of document.querySelectorAll('details.numbers')) details.open = true;
  root.classList.remove('scripted');
  document.querySelector('.masthead').append(element('p', {
    className: 'notice',
    textContent: `No timeline and no flame graph: this browser cannot show them ` +
      `(${error.message}). The tables are complete.`,
  }));
});
