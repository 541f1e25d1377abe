export type NameKind = "language" | "framework" | "platform";

const lines = (kind: NameKind, text: string): [string, { name: string; kind: NameKind }][] =>
  text
    .trim()
    .split("\n")
    .flatMap((line) => line.trim().split(/,\s*/))
    .flatMap((group) => {
      const ways = group.split("=");
      return ways.map((way): [string, { name: string; kind: NameKind }] => [way, { name: ways[0]!, kind }]);
    });

/** Names whose case says nothing; several ways to write one are joined by `=`. */
export const names: ReadonlyMap<string, { readonly name: string; readonly kind: NameKind }> = new Map([
  ["golang", { name: "go", kind: "language" }], // "go" alone is a verb
  ...lines(
    "language",
    `python=py, javascript=js, typescript=ts, java, kotlin, scala, groovy, clojure, rust, c++=cpp, c#=csharp
    f#, vb.net, objective-c, php, ruby, perl, lua, haskell, ocaml, erlang, elixir, fortran, cobol, matlab, julia
    bash, zsh, powershell, sql, plsql, t-sql, html, css, scss, solidity, zig, nim, dart, swift, webassembly=wasm
    graphql, prolog, python2, python3, jsx, tsx, coffeescript`,
  ),
  ...lines(
    "framework",
    `react=react.js=reactjs, vue=vue.js=vuejs, angular, angularjs, svelte, sveltekit, next.js=nextjs, nuxt=nuxt.js
    node.js=nodejs, deno, express.js=expressjs, nestjs=nest.js, fastify, koa, redux, mobx, zustand, jquery
    django, flask, fastapi, sqlalchemy, pandas, numpy, scipy, matplotlib, seaborn, pytorch, tensorflow, keras, jax
    scikit-learn=sklearn, pytest, unittest, conda, pip, npm, yarn, pnpm, webpack, vite, esbuild, babel
    eslint, prettier, jest, vitest, mocha, cypress, playwright, selenium, puppeteer, junit, mockito, maven, gradle
    hibernate, rails, laravel, symfony, wordpress, blazor, asp.net, .net=dotnet, wpf, winforms, flutter, qt
    react-native, electron, tailwind=tailwindcss, bootstrap, sass, docker, podman, kubernetes=k8s, terraform, ansible
    jenkins, git, github, gitlab, bitbucket, svn, mercurial, postgresql=postgres, mysql, mariadb, sqlite, mongodb=mongo
    redis, elasticsearch, kafka, rabbitmq, nginx, apache, prisma, typeorm, sequelize, mongoose, axios, lodash, rxjs, tokio
    serde, storybook, supabase, firebase, vscode, intellij, pycharm, webstorm, vim, neovim, emacs, eclipse, xcode
    celery, pydantic, langchain, airflow, hadoop, grafana, prometheus, cmake, bazel, clang, gcc, llvm, homebrew`,
  ),
  ...lines(
    "platform",
    `windows, macos=osx=mac, linux, ubuntu, debian, fedora, centos, alpine, android, ios, ipados, wsl, wsl2, unix, freebsd
    aws, azure, gcp, heroku, vercel, netlify, chrome, firefox, safari`,
  ),
]);

/** Names that are plain words too: names only with a capital inside a sentence. "In node" may speak of a tree's. */
export const doubtfulNames: ReadonlyMap<string, { readonly name: string; readonly kind: NameKind }> = new Map([
  ...lines("language", "go, c, r, d, shell, assembly, scheme"),
  ...lines("framework", "express, spring, node.js=node, nest, gin, echo, phoenix, qt"),
]);

/** Abbreviations that are written in both cases; every other word in capitals is kept as it is (PATH isn't path). */
export const abbreviations: ReadonlySet<string> = new Set(
  `json yaml xml csv toml url uri api rest http https html css sql ide cli gui ui ux cpu gpu ram orm dom jwt ssh ssl tls tcp
  udp dns ftp sftp pdf png jpeg jpg svg gif aws gcp utf ascii crud ci cd vm os sdk jdk jvm gc regex uuid guid ip lan
  usb io tdd oop mvc spa pwa ssr csr cdn cors csrf xss llm ai ml nlp db wsl php npm pip git ast repl eof bom`
    .split(/\s+/)
    .filter((word) => word !== ""),
);
