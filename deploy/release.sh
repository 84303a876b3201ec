#!/bin/sh
# Builds what is handed out, into target/release-files. Run it on Linux for the Linux files and on a Mac for the Mac files, both from
# the tag of the release; then `release.sh sums` over all of them in one folder.
#
#   deploy/release.sh linux    leastwise-linux-amd64, leastwise-linux-arm64: static, musl
#   deploy/release.sh macos    leastwise-macos-amd64, leastwise-macos-arm64
#   deploy/release.sh native   leastwise-native, for this machine only
#   deploy/release.sh extras   man pages, completions, SBOM, licence, changelog
#   deploy/release.sh sums     SHA256SUMS over everything; sign it as your organisation signs
#
# Needs: rustup; for linux zig and cargo-zigbuild (`pip install ziglang cargo-zigbuild`), which compile the C of aws-lc and
# mimalloc for both processors; for extras cargo-cyclonedx.
set -eu
cd "$(dirname "$0")/.."

# Wherever somebody else's builds go, these are looked for here.
export CARGO_TARGET_DIR="$PWD/target"
files=target/release-files
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
# The version of rustc is the one that the tests ran with; these are what the recipe was tried with.
zigbuild=0.24.0 zig=0.17.0 cyclonedx=0.5.9

# The same source gives the same bytes: no paths of this machine, no time of this day.
export CARGO_INCREMENTAL=0
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
export RUSTFLAGS="${RUSTFLAGS-} --remap-path-prefix=$PWD=leastwise --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"

say() { printf '== %s\n' "$*" >&2; }

# What lies here of another release is not handed out with this one.
begin() {
  of="$version $(git rev-parse HEAD)"
  if [ -e "$files.of" ] && [ "$(cat "$files.of")" != "$of" ]; then
    # What was brought together for the sums is not there again; and this script is to be that of the release.
    if [ "$1" = sums ]; then
      echo "$files is of $(cat "$files.of"), and this is $of: run it from the tag of the release, or if these files are of" \
        "this commit, remove $files.of" >&2
      exit 1
    fi
    say "$files is of $(cat "$files.of"): removed"
    rm -rf "$files"
  fi
  mkdir -p "$files"
  echo "$of" > "$files.of"
}

# What a step is about to make must not be what an earlier release left, should it fail.
fresh() {
  for name in "$@"; do
    rm -rf "${files:?}/$name"
  done
}

# build TOOL TARGET NAME
build() {
  say "$3 ($2)"
  cargo "$1" --locked --profile dist --target "$2" --bin leastwise
  install -m 0755 "target/$2/dist/leastwise" "$files/$3"
}

# What rustc needs for another system comes from where rustup gets its toolchains, which many a network does not let through.
targets() {
  rustup target add "$@" || {
    echo "rustup did not get the standard library for $*; RUSTUP_DIST_SERVER names a mirror that has it," \
      "and \`deploy/release.sh native\`, for this machine only, needs none" >&2
    exit 1
  }
}

linux() {
  command -v cargo-zigbuild >/dev/null || {
    echo "cargo-zigbuild is not installed: pip install ziglang==$zig cargo-zigbuild==$zigbuild" >&2
    exit 1
  }
  fresh leastwise-linux-amd64 leastwise-linux-arm64
  targets x86_64-unknown-linux-musl aarch64-unknown-linux-musl
  build zigbuild x86_64-unknown-linux-musl leastwise-linux-amd64
  build zigbuild aarch64-unknown-linux-musl leastwise-linux-arm64
  # One that needs the libraries of the machine does not start in an empty image.
  for name in leastwise-linux-amd64 leastwise-linux-arm64; do
    if readelf --dynamic "$files/$name" | grep -q NEEDED; then
      echo "$name is not static" >&2
      exit 1
    fi
  done
}

macos() {
  fresh leastwise-macos-amd64 leastwise-macos-arm64
  targets x86_64-apple-darwin aarch64-apple-darwin
  build build x86_64-apple-darwin leastwise-macos-amd64
  build build aarch64-apple-darwin leastwise-macos-arm64
}

native() {
  fresh leastwise-native
  build build "$(rustc -vV | sed -n 's/^host: //p')" leastwise-native
}

# The program of this machine and of this version, to make what is made of its arguments.
here() {
  for name in leastwise-native leastwise-linux-amd64 leastwise-linux-arm64 leastwise-macos-arm64 leastwise-macos-amd64; do
    if says=$("$files/$name" --version 2>/dev/null); then
      if [ "$says" = "leastwise $version" ]; then
        echo "$files/$name"
        return
      fi
      echo "$files/$name is $says and not leastwise $version: left alone" >&2
    fi
  done
  echo "build for this machine first: deploy/release.sh native" >&2
  exit 1
}

extras() {
  program=$(here)
  fresh man1 completions leastwise.cdx.json LICENSE CHANGELOG.md
  say "man pages and completions ($program)"
  "$program" man "$files/man1"
  mkdir -p "$files/completions"
  "$program" completions bash > "$files/completions/leastwise.bash"
  "$program" completions zsh > "$files/completions/_leastwise"
  "$program" completions fish > "$files/completions/leastwise.fish"
  "$program" completions elvish > "$files/completions/leastwise.elv"
  "$program" completions powershell > "$files/completions/leastwise.ps1"
  say "SBOM"
  sbom
  cp LICENSE CHANGELOG.md "$files/"
}

# What is linked, for every system that is built for, without what only tests use.
sbom() {
  fresh leastwise.cdx.json
  command -v cargo-cyclonedx >/dev/null || cargo install --locked --version "$cyclonedx" cargo-cyclonedx
  cargo cyclonedx --format json --spec-version 1.5 --target all --override-filename leastwise.cdx
  # Where it was built is nobody's business, and would differ from machine to machine.
  sed "s|path+file://$PWD|path+file:///leastwise|g" leastwise.cdx.json > "$files/leastwise.cdx.json"
  rm leastwise.cdx.json
  # It writes one for every member of the workspace.
  rm -f tools/leastwise.cdx.json
}

sums() {
  say "checksums"
  (
    cd "$files"
    # A Mac has shasum and no sha256sum.
    sum=sha256sum
    command -v sha256sum >/dev/null || sum="shasum -a 256"
    find . -type f ! -name 'SHA256SUMS*' ! -name leastwise-native | LC_ALL=C sort | sed 's|^\./||' | while read -r file; do
      $sum "$file"
    done > SHA256SUMS.new
    # A signature of what it said before is none of what it says now.
    cmp -s SHA256SUMS.new SHA256SUMS || rm -f SHA256SUMS SHA256SUMS.asc SHA256SUMS.sig
    mv SHA256SUMS.new SHA256SUMS
    $sum --check --quiet SHA256SUMS
  )
}

[ $# -gt 0 ] || set -- help
for what in "$@"; do
  case $what in
    linux | macos | native | extras | sums | sbom)
      begin "$what"
      "$what"
      ;;
    *)
      sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done
