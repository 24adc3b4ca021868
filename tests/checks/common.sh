# What the checks share; they source it. shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Tests measure nothing, and leave the user's cache folder alone.
export HRM_AUTOTUNE=off
# Without a session, Mesa's layer that orders devices for a compositor complains in every test.
[ -n "${XDG_RUNTIME_DIR:-}" ] || export NODEVICE_SELECT=1

# A machine that builds once keeps nothing for the next time.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0

# What a check builds beside one named target. Where only one package has that target, cargo drops the others, and with them
# the features that they ask of shared dependencies: nearly everything would be compiled again. `--lib` keeps all packages.
everything=(--workspace --features hrm-cli/hub --lib)

say() { printf -- '-- %s\n' "$*"; }

# Something cannot be checked here. In CI that is a failure, unless HRM_ALLOW_SKIPS says that this system lacks it.
skip() {
    if [ -n "${CI:-}" ] && [ -z "${HRM_ALLOW_SKIPS:-}" ]; then
        echo "error: CI must not skip: $1" >&2
        exit 1
    fi
    echo "skipped: $1"
    [ -z "${HRM_TEST_SKIPS:-}" ] || echo "$1" >>"$HRM_TEST_SKIPS"
}

# A component of the toolchain; $1 is cargo's command, $2 the component's name for rustup.
component() {
    cargo "$1" --version >/dev/null 2>&1 || rustup component add "$2" >/dev/null 2>&1 || {
        skip "$2 is not installed (rustup component add $2)"
        return 1
    }
}

# The library's unit tests whose paths hold one of the arguments. None at all is an error: names move.
named_tests() {
    if [ "$(cargo test --quiet "${everything[@]}" -- "$@" --list | grep -c ': test$')" = 0 ]; then
        echo "error: the library has no test called $*" >&2
        return 1
    fi
    cargo test "${everything[@]}" -- "$@"
}

# A file's size is within a tenth of what a document states: the file, the MB stated, the document.
is_of_size() {
    local found
    found=$(wc -c <"$1")
    awk -v found="$found" -v stated="${2:-0}" \
        'BEGIN { exit !(stated > 0 && found > stated * 0.9e6 && found < stated * 1.1e6) }' && return
    echo "error: $3 states ${2:-no} MB for $(basename "$1"), found $found bytes" >&2
    return 1
}

# Debian packages for the named needs that are not there, each told by a file or a command that it brings.
need() {
    [ "$(uname -s)" = Linux ] || return 0
    local missing=() libraries what
    libraries=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p || true)
    has_library() { [[ $libraries == *$1* ]] || missing+=("$2"); }
    has_command() { command -v "$1" >/dev/null || missing+=("${@:2}"); }
    for what in "$@"; do
        case $what in
        compilers)
            has_command cc gcc libc6-dev
            has_command c++ g++
            ;;
        # Vulkan on the CPU twice (Mesa's lavapipe, and SwiftShader inside Chromium), OpenGL through EGL on the CPU.
        adapters)
            ls /usr/share/vulkan/icd.d/lvp_icd*.json >/dev/null 2>&1 || missing+=(mesa-vulkan-drivers)
            [ -e "$swiftshader" ] || missing+=(chromium)
            ls /usr/lib/*/dri/swrast_dri.so >/dev/null 2>&1 || missing+=(libgl1-mesa-dri)
            has_library libEGL.so.1 libegl1
            has_library libvulkan.so.1 libvulkan1
            ;;
        python)
            has_command python3 python3
            python3 -c "import ensurepip" 2>/dev/null || missing+=(python3-venv)
            ;;
        # PyTorch for the CPU alone, a BLAS that is not the reference (twenty times slower), and what makes an environment.
        torch)
            [ -e /usr/lib/python3/dist-packages/torch ] || missing+=(python3-torch)
            has_library libopenblas.so.0 libopenblas0-pthread
            /usr/bin/python3 -c "import ensurepip" 2>/dev/null || missing+=(python3-venv)
            ;;
        shaders) has_command spirv-val spirv-tools ;;
        # Mesa's compiler for AMD, which needs no card.
        radv)
            ls /usr/share/vulkan/icd.d/radeon_icd*.json >/dev/null 2>&1 || missing+=(mesa-vulkan-drivers)
            has_library libvulkan.so.1 libvulkan1
            ;;
        # A screen in memory, and the libraries that the window opens at run time.
        window)
            has_command Xvfb xvfb
            has_library libX11-xcb.so.1 libx11-xcb1
            has_library libXcursor.so.1 libxcursor1
            has_library libXi.so.6 libxi6
            has_library libxkbcommon-x11.so.0 libxkbcommon-x11-0
            ;;
        # What reads what packages say of themselves.
        manifests)
            has_command desktop-file-validate desktop-file-utils
            has_command update-mime-database shared-mime-info
            has_command ruby ruby
            ;;
        # An empty Debian, made in a folder.
        debian) has_command mmdebstrap mmdebstrap ;;
        browser)
            has_command node nodejs
            has_command npm npm
            [ -x "$CHROMIUM" ] || missing+=(chromium)
            ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing ${missing[*]}"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
            </dev/null >/dev/null
    else
        skip "what needs ${missing[*]} (on Debian or Ubuntu: sudo apt-get install ${missing[*]})"
    fi
}

# Node.js 20 is needed, and Debian 12 has 18: npm has later ones as a package.
modern_node() {
    local major
    major=$(node --version 2>/dev/null | grep -oE '[0-9]+' | head -1 || true)
    [ "${major:-0}" -lt 20 ] || return 0
    command -v npm >/dev/null || return 1
    npm install --silent --no-audit --no-fund --prefix target/node node@22
    export PATH=$PWD/target/node/node_modules/node/bin:$PATH
}

swiftshader=/usr/lib/chromium/vk_swiftshader_icd.json
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
