import js from '@eslint/js';
import globals from 'globals';

export default [
  js.configs.recommended,
  {
    files: ['pages/**/*.js', 'assets/decks/*.js'],
    languageOptions: {ecmaVersion: 'latest', sourceType: 'module', globals: globals.browser},
    linterOptions: {reportUnusedDisableDirectives: 'error'},
    rules: {
      'no-unused-vars': ['error', {ignoreRestSiblings: true, argsIgnorePattern: '^_|^g$|^index$|^lane$|^width$|^draw$', caughtErrors: 'none'}],
      'no-use-before-define': 'off',
      'no-shadow-restricted-names': 'error',
      'no-implicit-globals': 'error',
      'no-restricted-globals': ['error', 'event', 'name', 'find', 'stop', 'status', 'parent', 'top', 'open', 'close', 'length'],
      'no-restricted-properties': ['error', {property: 'setInterval', message: 'use an observer or an event'}],
      'no-restricted-syntax': ['error', {selector: "ExportNamedDeclaration > VariableDeclaration[kind!='const']", message: 'what a module exports does not change'}],
      'no-empty': ['error', {allowEmptyCatch: true}],
      'no-var': 'error',
      'prefer-const': ['error', {destructuring: 'all'}],
      'eqeqeq': 'error',
      'no-control-regex': 'off',
      'max-lines': ['error', 420],
    },
  },
];
