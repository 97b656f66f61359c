// What a picker fetches when its builder of scenes is opened.

import {arrived} from '../late.js';
import {scene} from './scene.js';

arrived({scene});
