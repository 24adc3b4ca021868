//! What the environment says of hubs, as their other clients take it.

use std::path::PathBuf;

/// The cache folder: HF_HUB_CACHE, otherwise `hub` in HF_HOME, otherwise in the user's cache.
pub(super) fn cache() -> Option<PathBuf> {
    let named = ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"].into_iter().find_map(folder);
    named.or_else(|| Some(home()?.join("hub")))
}

/// The user's folder for caches of all programs.
pub(super) fn caches() -> Option<PathBuf> {
    folder("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")))
}

fn home() -> Option<PathBuf> {
    folder("HF_HOME").or_else(|| Some(caches()?.join("huggingface")))
}

/// Whether the network must be left alone.
pub(super) fn offline() -> bool {
    is_set("HF_HUB_OFFLINE")
}

/// The hub to ask, where it is not the usual one.
#[cfg(feature = "client")]
pub(super) fn endpoint() -> Option<String> {
    text("HF_ENDPOINT").map(|endpoint| endpoint.trim_end_matches('/').to_owned())
}

/// The user's token: HF_TOKEN, otherwise the file in which a login has kept it.
#[cfg(feature = "client")]
pub(super) fn token() -> Option<String> {
    let named = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].into_iter().find_map(text);
    let kept = || {
        let file = folder("HF_TOKEN_PATH").or_else(|| Some(home()?.join("token")))?;
        Some(std::fs::read_to_string(file).ok()?.trim().to_owned()).filter(|token| !token.is_empty())
    };
    match is_set("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
        true => None,
        false => named.or_else(kept),
    }
}

#[cfg(feature = "client")]
fn text(variable: &str) -> Option<String> {
    let text = std::env::var(variable).ok()?.trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// A folder that a variable names; `~` is the user's.
fn folder(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(variable).filter(|path| !path.is_empty())?);
    match path.strip_prefix("~") {
        Ok(rest) => Some(std::env::home_dir()?.join(rest)),
        Err(_) => Some(path),
    }
}

fn is_set(variable: &str) -> bool {
    let value = std::env::var(variable).unwrap_or_default();
    ["1", "true", "yes", "on"]
        .iter()
        .any(|yes| value.eq_ignore_ascii_case(yes))
}
