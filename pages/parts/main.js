// All components and actions, under their names in window.atlas (see types.d.ts, Atlas).

import {chat} from './chat/chat.js';
import {branches} from './chat/branches.js';
import {film} from './film/strip.js';
import {gaps} from './gaps/gaps.js';
import {glossary} from './glossary/glossary.js';
import {wanted} from './guide/wanted.js';
import {speak} from './language/chosen.js';
import {header} from './header.js';
import {late} from './late.js';
import {lead} from './lead.js';
import {picture} from './pads/picture.js';
import {points} from './pads/points.js';
import {folder} from './picker/folder.js';
import {patches} from './picker/patch.js';
import {pairs, picker} from './picker/picker.js';
import {plane} from './plane/plane.js';
import {actions, listen} from './shell.js';
import {prompt} from './prompt/prompt.js';
import {surface} from './surface/surface.js';
import {terms} from './terms/terms.js';
import {articles} from './shelf/articles.js';
import {leftout} from './shelf/leftout.js';
import {shelf} from './shelf/shelf.js';

const components = {
  articles, branches, chat, film, folder, gaps, glossary, header, late, lead, leftout, patches, picker, picture, plane,
  points, prompt, shelf, surface,
};
listen();
window.atlas.begin(components, {...actions, pairs});
wanted();
terms();
speak();
