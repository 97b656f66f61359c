// The run on screen as a Jupyter notebook (format 4.5) that calls the project's own engine: it runs the recipe, draws
// what came, and runs it again. Of what a visitor wrote only the recipe is in it, as a text in the code.

const cell = (type, id, lines) => ({
  cell_type: type, id, metadata: {}, source: lines.map((line, k) => (k < lines.length - 1 ? `${line}\n` : line)),
  ...(type === 'code' ? {execution_count: null, outputs: []} : {}),
});

/** @param {{title: string, recipe: any, lanes: string[], curves: string[]}} told about the film @returns {any} the notebook */
export const notebookOf = ({title, recipe, lanes, curves}) => {
  const list = names => names.map(name => `- ${name}`);
  const cells = [
    cell('markdown', 'idea', [`# ${title}`, '', 'Open it in the folder of the project, with what `requirements.txt` names installed. A recipe, which is run, model, options and seed, decides everything that comes.']),
    cell('code', 'run', [
      'from genai_demo.core.recipe import Recipe', 'from genai_demo.core.run import complete, run', '',
      `recipe = complete(Recipe.from_json(${JSON.stringify(JSON.stringify(recipe))}))`, 'frames = list(run(recipe))', 'len(frames), recipe.options',
    ]),
    cell('markdown', 'shown', ['## The last frame', '', ...(lanes.length ? ['What is drawn:', '', ...list(lanes)] : ['Each frame is a dataclass; its fields say what they are.'])]),
    cell('code', 'draw', ['from genai_demo.results.preview import draw', '', 'drawn = draw(frames)', 'drawn[-1] if drawn else frames[-1]']),
    ...(curves.length ? [
      cell('markdown', 'curves', ['## Over the steps', '', ...list(curves)]),
      cell('code', 'plot', [
        'import dataclasses', '', 'import plotly.graph_objects as go', '', 'figure = go.Figure()', 'for field in dataclasses.fields(frames[0]):',
        '    if field.metadata.get("draw") == "curve":', '        values = [getattr(frame, field.name) for frame in frames]',
        '        figure.add_scatter(y=values, name=field.metadata["title"])', 'figure',
      ]),
    ] : []),
    cell('markdown', 'again', ['## The same again', '', 'The same recipe on the same machine gives the same numbers, to the last bit; what was measured, as milliseconds, is left out.']),
    cell('code', 'compare', [
      'from genai_demo.results.files import digest', '',
      'same = digest(recipe, frames) == digest(recipe, list(run(recipe)))', '"identical" if same else "different"',
    ]),
    cell('markdown', 'own', ['## Your turn', '', 'Change an option or the seed, and compare. `python -m genai_demo list ' + recipe.run + '` says what there is, with its limits.']),
    cell('code', 'change', ['import dataclasses', '', 'other = dataclasses.replace(recipe, seed=recipe.seed + 1)', 'drawn = draw(list(run(other)))', 'drawn[-1] if drawn else None']),
  ];
  return {cells, metadata: {kernelspec: {display_name: 'Python 3', language: 'python', name: 'python3'}, language_info: {name: 'python'}}, nbformat: 4, nbformat_minor: 5};
};
