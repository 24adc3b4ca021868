//! Models and data sets of a hub: found in its cache folder, fetched where they are not there.

mod address;
#[cfg_attr(not(feature = "hub"), allow(dead_code, reason = "who fetches needs the rest"))]
mod cache;
#[cfg(feature = "hub")]
mod checksum;
#[cfg(feature = "hub")]
mod client;
#[cfg(feature = "hub")]
mod download;
#[cfg_attr(not(feature = "hub"), allow(dead_code, reason = "who fetches needs the rest"))]
mod sample;
mod select;
mod settings;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::catalogue::{self, Entry};
use cache::Cache;
use hrm::Options;
#[cfg(not(feature = "hub"))]
use hrm::error::Error;
use hrm::error::Result;
use hrm::model;
use hrm::tasks::Task;
use select::Selection;

pub(super) use address::{Address, Kind};
pub(super) use sample::Rows;

/// What was found of a name.
#[derive(Debug)]
pub(super) struct Found {
    pub commit: String,
    /// The folder of the revision in the cache.
    pub folder: PathBuf,
    /// The file to open, or the folder of a data set, below `folder`.
    pub main: String,
    pub files: Vec<Fetched>,
    cache: Cache,
}

/// A file, and whether it was in the cache.
#[derive(Debug, Serialize)]
pub(super) struct Fetched {
    pub file: String,
    pub bytes: u64,
    pub cached: bool,
}

/// Chooses among the files of a repository.
type Choose<'a> = &'a dyn Fn(&[String]) -> std::result::Result<Selection, String>;

impl Found {
    /// Finds what a name stands for: in the cache, and then the network is not asked, otherwise on the hub.
    pub(super) fn of(address: &Address, again: bool, quiet: bool) -> Result<Found> {
        let elsewhere = catalogue::find(address).filter(|_| address.kind == Kind::Model);
        if let Some(place) = elsewhere.and_then(|entry| entry.download.as_ref()) {
            return Err(address.error(format!(
                "it is on no hub, but {place}: download that, and give its path"
            )));
        }
        let choose = |files: &[String]| match address.kind {
            Kind::Model => select::model(files, catalogue::file_of(address)),
            Kind::Data => select::data(files, address.path.as_deref()),
        };
        find(address, &choose, again, quiet)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(&self.main)
    }

    /// The model folder that stands for these files, and the task, if the catalogue knows it.
    pub(super) fn opened(&self, address: &Address) -> Result<(PathBuf, Option<Task>)> {
        let known = catalogue::find(address).and_then(Entry::task);
        Ok((self.model_folder(address)?, known))
    }

    /// The model folder that stands for these files: links to them, and the settings that they do not hold.
    fn model_folder(&self, address: &Address) -> Result<PathBuf> {
        let folder = self.cache.own(&self.commit).join(address.short());
        for Fetched { file, .. } in &self.files {
            let name = file.rsplit('/').next().unwrap_or(file);
            cache::link(&self.folder.join(file), &folder.join(name))?;
        }
        let weights = || {
            let mut options = Options::default();
            options.model = Some(self.path());
            Ok(model::inspect(&options)?.tensors)
        };
        let entry = catalogue::find(address).filter(|_| !self.is_configured());
        if let Some(settings) = entry.and_then(|entry| entry.settings_for(weights).transpose()) {
            let (path, settings) = (folder.join("config.json"), settings?);
            // A cache that was complete may have become read-only.
            if std::fs::read(&path).ok().as_deref() != Some(settings.as_bytes()) {
                cache::write(&path, settings.as_bytes())?;
            }
        }
        Ok(folder)
    }

    /// Whether the repository says how the network is configured: then the catalogue has nothing to add.
    fn is_configured(&self) -> bool {
        let says = |file: &str| match file.rsplit('/').next() {
            Some("config.json") => {
                let text = std::fs::read_to_string(self.folder.join(file)).unwrap_or_default();
                ["\"arch\"", "\"H_cycles\""].iter().any(|key| text.contains(key))
            }
            _ => file.ends_with(".yaml") || file.ends_with(".yml"),
        };
        self.files.iter().any(|fetched| says(&fetched.file))
    }
}

/// What is given in the place of a model: a path or a name as they are; a name on a hub as the model folder in its
/// cache, with the task that the catalogue knows.
pub(super) fn model(given: PathBuf, quiet: bool) -> Result<(PathBuf, Option<Task>)> {
    let Some(address) = Address::of_path(&given, Kind::Model) else {
        return Ok((given, None));
    };
    let address = address?;
    Found::of(&address, false, quiet)?.opened(&address)
}

/// What is given in the place of a data set: a path as it is, a name on a hub as what is in its cache.
pub(super) fn data(given: &Path, quiet: bool) -> Result<PathBuf> {
    match Address::of_path(given, Kind::Data) {
        Some(address) => Ok(Found::of(&address?, false, quiet)?.path()),
        None => Ok(given.to_path_buf()),
    }
}

fn find(address: &Address, choose: Choose<'_>, again: bool, quiet: bool) -> Result<Found> {
    let cache = Cache::of(address)?;
    let mut known = cached(address, &cache, choose);
    if !again
        && let Some((commit, selection)) = known.take_if(|(commit, selection)| complete(&cache, commit, selection))
    {
        return found(cache, commit, selection, &[]);
    }
    if settings::offline() || cfg!(not(feature = "hub")) {
        return match known {
            Some((commit, selection)) => found(cache, commit, selection, &[]),
            None if !settings::offline() => fetch(address, cache, choose, quiet),
            None => Err(address.error(format!(
                "expected it in the cache {}, found it neither there nor, since HF_HUB_OFFLINE is set, elsewhere",
                cache.folder.display()
            ))),
        };
    }
    fetch(address, cache, choose, quiet)
}

/// Chooses among the files of a commit, and returns what is chosen if it is in the cache. Where the commit's files are not
/// known, what is here may be a part of them: that is enough for a name with a path, and where nobody can be asked.
fn cached(address: &Address, cache: &Cache, choose: Choose<'_>) -> Option<(String, Selection)> {
    let commit = cache.commit(address.revision())?;
    let is_enough = address.path.is_some() || settings::offline() || cfg!(not(feature = "hub"));
    let files = match cache.listing(&commit) {
        Some(files) => files,
        None if is_enough => cache.files(&commit),
        None => return None,
    };
    let selection = choose(&files).ok()?;
    let is_here = |file: &String| cache.snapshot(&commit).join(file).is_file();
    selection.required.iter().all(is_here).then_some((commit, selection))
}

/// Whether, beside what must be in the cache, nothing that could be of use is left to ask for.
fn complete(cache: &Cache, commit: &str, selection: &Selection) -> bool {
    let known = |file: &String| cache.snapshot(commit).join(file).is_file() || cache.lacks(commit, file);
    selection.optional.iter().all(known)
}

fn found(cache: Cache, commit: String, selection: Selection, fetched: &[String]) -> Result<Found> {
    let folder = cache.snapshot(&commit);
    let all = selection.required.iter().chain(&selection.optional);
    let files = all.filter_map(|file| {
        let bytes = folder.join(file).metadata().ok()?.len();
        Some(Fetched {
            file: file.clone(),
            bytes,
            cached: !fetched.contains(file),
        })
    });
    Ok(Found {
        files: files.collect(),
        folder,
        main: selection.main,
        commit,
        cache,
    })
}

#[cfg(feature = "hub")]
fn fetch(address: &Address, cache: Cache, choose: Choose<'_>, quiet: bool) -> Result<Found> {
    use super::output;

    let client = client::Client::new(address);
    let listing = client.list()?;
    let commit = listing.commit;
    let files: Vec<String> = listing.entries.iter().map(|entry| entry.file.clone()).collect();
    let selection = choose(&files).map_err(|reason| address.error(reason))?;
    cache.remember_listing(&commit, &files)?;
    let mut fetched = Vec::new();
    // The weights come last: where they are, all is.
    for file in selection.optional.iter().chain(&selection.required) {
        let Some(entry) = listing.entries.iter().find(|entry| entry.file == *file) else {
            cache.note_lack(&commit, file)?;
            continue;
        };
        let here = cache.snapshot(&commit).join(file).metadata();
        if here.is_ok_and(|here| here.is_file() && here.len() == entry.size) {
            continue;
        }
        let bar = match quiet {
            true => indicatif::ProgressBar::hidden(),
            false => output::bytes(entry.size, file),
        };
        let done = client.fetch(&cache, &commit, entry, &bar);
        bar.finish_and_clear();
        done?;
        fetched.push(file.clone());
    }
    cache.remember(address.revision(), &commit)?;
    found(cache, commit, selection, &fetched)
}

#[cfg(not(feature = "hub"))]
fn fetch(address: &Address, cache: Cache, _: Choose<'_>, _: bool) -> Result<Found> {
    Err(without_client(address, &cache))
}

/// The program was built without a client: whatever others have put into the cache can be used, no more.
#[cfg(not(feature = "hub"))]
fn without_client(address: &Address, cache: &Cache) -> Error {
    address.error(format!(
        "expected it in the cache {}, found nothing, and this program was built without the feature `hub`, which fetches",
        cache.folder.display()
    ))
}
