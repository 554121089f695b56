"""
What the name of a file says beyond its suffix: configuration that people read, secrets that are left alone, what
programs write for themselves. Nothing here opens anything.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

# Hidden folders and files that a project is described by; all others stay hidden.
SHOWN = re.compile(
    r"\.(?:github|gitlab|circleci|gitea|forgejo|woodpecker|devcontainer"
    r"|(?:gitlab-ci|travis|drone|woodpecker|cirrus|appveyor|pre-commit-config|readthedocs|golangci|rubocop|goreleaser"
    r"|eslintrc|prettierrc|stylelintrc|yamllint|markdownlint|dependabot|codecov|swiftlint|clang-format|clang-tidy)"
    r"(?:\.(?:ya?ml|toml|json))?"
    r"|editorconfig|tool-versions|nvmrc|python-version|env[.-](?:example|sample|template|dist|defaults?))",
    re.IGNORECASE,
)
EXAMPLE = re.compile(r"(?:^|[._-])(?:example|sample|template|dist|defaults?|tpl)(?=[._-]|$)", re.IGNORECASE)
SECRET = re.compile(
    r".*\.env|\.env\.[\w.-]+|env\.(?!\d[a-z]{0,6}(?:\.gz)?$)[\w.-]+"  # env.1 is a page of the manual
    r"|.*\.(?:pem|p12|pfx|jks|keystore|kdbx?|ppk|tfvars|tfvars\.json|tfstate(?:\.backup)?|htpasswd|ovpn)"
    r"|(?:.*[._-])?(?:secrets?|credentials?|passwords?|passwd)(?:[._-].*)?\.(?:ya?ml|toml|json|ini|cfg|conf|properties|xml)"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|kubeconfig(?:\..*)?|\.?(?:netrc|npmrc|pypirc|pgpass|htpasswd)",
    re.IGNORECASE,
)
LOCK = re.compile(
    r"(?:package-lock|npm-shrinkwrap|packages\.lock|deno\.lock)\.json|pnpm-lock\.ya?ml|conda-lock.*\.ya?ml|go\.sum"
    r"|.*\.lock|.*\.lock\.(?:json|ya?ml|toml|hcl)|Pipfile\.lock|gradle\.lockfile",
    re.IGNORECASE,
)
MADE = re.compile(r".*(?:[.-]min|\.bundle|\.generated|\.g)\.[a-z]+|.*\.map", re.IGNORECASE)

# Files that are known by their whole name -> the language they are written in
NAMED = {
    **dict.fromkeys(("makefile", "gnumakefile", "kbuild"), "make"),
    **dict.fromkeys(("dockerfile", "containerfile"), "dockerfile"),
    **dict.fromkeys(("justfile", ".justfile"), "just"),
    **dict.fromkeys(("rakefile", "gemfile", "vagrantfile", "brewfile", "podfile", "fastfile", "guardfile"), "ruby"),
    **dict.fromkeys(("snakefile", "sconstruct", "sconscript", "wscript", "tiltfile", "pipfile"), "python"),
    **dict.fromkeys(("build", "workspace", "build.bazel", "workspace.bazel"), "bazel"),
    **dict.fromkeys(("procfile", "caddyfile", "corefile", "earthfile", "jenkinsfile", "crontab", "codeowners"), ""),
    **dict.fromkeys((".editorconfig", ".tool-versions", ".nvmrc", ".python-version"), ""),
    **dict.fromkeys((".eslintrc", ".prettierrc", ".stylelintrc", ".yamllint", ".clang-format", ".clang-tidy"), "yaml"),
    **dict.fromkeys(("go.mod", "go.work", "meson.build", "meson_options.txt"), ""),
    **dict.fromkeys(("pom.xml", "build.xml", "web.config", "app.config", "androidmanifest.xml"), "xml"),
}
JSON_SETTINGS = re.compile(
    r"(?:package|composer|bower|deno|turbo|nx|lerna|vercel|netlify|renovate|babel|biome|manifest|devcontainer|launch|tasks"
    r"|nest-cli|angular|appsettings.*|tsconfig.*|jsconfig.*|openapi|swagger|pyrightconfig|cspell|firebase"
    r"|global|babel\.config|.*\.config|\.(?:eslintrc|prettierrc|stylelintrc|babelrc|markdownlint))\.json",
    re.IGNORECASE,
)
SETTINGS = {
    **dict.fromkeys((".yaml", ".yml"), "yaml"),
    ".toml": "toml",
    **dict.fromkeys((".ini", ".cfg", ".conf", ".cnf", ".properties", ".editorconfig"), "ini"),
    **dict.fromkeys((".json5", ".jsonc"), "json"),
    **dict.fromkeys(
        (".service", ".socket", ".timer", ".mount", ".automount", ".path", ".slice", ".netdev", ".network", ".desktop"),
        "ini",
    ),
    **dict.fromkeys((".tf", ".hcl", ".nomad", ".pkr"), "hcl"),
    **dict.fromkeys((".mk", ".mak", ".make"), "make"),
    **dict.fromkeys((".gql", ".graphqls"), "graphql"),
    **dict.fromkeys((".bat", ".cmd"), "batch"),
    **dict.fromkeys((".ps1", ".psm1"), "powershell"),
    **dict.fromkeys((".gradle", ".groovy"), "groovy"),
    **dict.fromkeys((".csproj", ".fsproj", ".vbproj", ".props", ".targets"), "xml"),
    **{f".{name}": name for name in ("cmake", "nix", "bzl", "cue", "jsonnet", "prisma", "thrift", "nginx", "just")},
    ".dockerfile": "dockerfile",
    ".star": "bazel",
    ".avdl": "avro",
    ".ddl": "sql",
}
SERVERS = {"sites-available", "sites-enabled", "conf.d", "cron.d"}  # folders whose files need no suffix
LARGEST = 300_000  # bytes; what is larger is data in the form of settings


def language(path: str) -> str | None:
    """What a file of settings is written in ("" if that has no name); None if its path says that it is none."""
    folder, name = PurePosixPath(path).parent.name, PurePosixPath(path).name
    small = name.lower()
    stem, _, suffix = small.rpartition(".")
    if small in NAMED:
        return NAMED[small]
    if JSON_SETTINGS.fullmatch(name):
        return "json"
    if stem and f".{suffix}" in SETTINGS:
        return SETTINGS[f".{suffix}"]
    if re.fullmatch(r"(?:docker|container)file[.-][\w.-]+", small):
        return "dockerfile"
    if re.fullmatch(r"(?:gnu)?makefile[.-][\w.-]+|.*\.makefile", small):
        return "make"
    if EXAMPLE.search(small) and (bare := EXAMPLE.sub("", small)) != small:  # .env.example, settings.ini.dist
        return "ini" if bare.strip(".") == "env" or bare.endswith(".env") else language(bare) if "." in bare else None
    return "" if folder in SERVERS and "." not in name.removesuffix(".conf") else None


def left_alone(name: str) -> str:
    """Why a file is not read although it is text: "secrets", "lock files", "generated"; "" if it may be."""
    if LOCK.fullmatch(name):
        return "lock files"
    if MADE.fullmatch(name):
        return "generated"
    return "secrets" if SECRET.fullmatch(name) and not EXAMPLE.search(name) else ""


def is_shown(name: str) -> bool:
    """Whether a hidden file or folder belongs to what a project says of itself."""
    return SHOWN.fullmatch(name) is not None
