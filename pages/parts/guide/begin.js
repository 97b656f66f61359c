// What a page fetches where a lesson is wanted, or controls are to be locked.

import {arrived} from '../late.js';
import {guide} from './guide.js';

arrived({guide});
