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
    cell('markdown', 'set', ['## What was set', '', 'Each option of the run with its value, and what it does.']),
    cell('code', 'options', [
      'from genai_demo.core.run import find_run', '', 'told = {option["name"]: option["help"] for option in find_run(recipe.run).options.describe()}',
      '{name: (value, told[name]) for name, value in recipe.options.items()}',
    ]),
    cell('markdown', 'shown', ['## The last frame', '', ...(lanes.length ? ['What is drawn:', '', ...list(lanes)] : ['Each frame is a dataclass; its fields say what they are.'])]),
    cell('code', 'draw', ['from genai_demo.results.preview import draw', '', 'drawn = draw(frames)', 'drawn[-1] if drawn else frames[-1]']),
    ...(curves.length ? [
      cell('markdown', 'curves', ['## Over the steps', '', ...list(curves)]),
      cell('code', 'plot', [
        'import dataclasses', '', 'from plotly.subplots import make_subplots', '', 'charts = {}  # those of one chart have one unit',
        'for field in dataclasses.fields(frames[0]):', '    if field.metadata.get("draw") == "curve":', '        charts.setdefault(field.metadata["chart"], []).append(field)',
        'figure = make_subplots(rows=len(charts), subplot_titles=list(charts))', 'for row, curves in enumerate(charts.values(), 1):', '    for field in curves:',
        '        values = [getattr(frame, field.name) for frame in frames]', '        figure.add_scatter(y=values, name=field.metadata["title"], row=row, col=1)',
        '    figure.update_yaxes(title_text=curves[0].metadata["unit"], row=row, col=1)', 'figure.update_xaxes(title_text="frame").update_layout(height=120 + 240 * len(charts))',
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
