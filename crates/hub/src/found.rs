//! What a name stands for: in the cache, and where it is not there, on the hub.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::address;
use crate::cache::{self, Cache};
use crate::catalogue::{self, Entry};
use crate::select::{self, Selection};
use crate::{Address, Kind, Watch, settings};
use hrm::Options;
use hrm::error::{Error, Result};
use hrm::tasks::Task;

/// What was found of a name.
#[derive(Debug)]
pub struct Found {
    /// The commit that the revision is.
    pub commit: String,
    /// The folder of the revision in the cache.
    pub folder: PathBuf,
    /// The file to open, or the folder of a data set, below `folder`.
    pub main: String,
    /// All that was chosen of the repository and is there.
    pub files: Vec<Fetched>,
    cache: Cache,
}

/// A file of a repository.
#[derive(Debug, Serialize)]
pub struct Fetched {
    /// Its name in the repository.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Whether it was in the cache.
    pub cached: bool,
}

/// Chooses among the files of a repository.
pub(crate) type Choose<'a> = &'a dyn Fn(&[String]) -> std::result::Result<Selection, String>;

impl Found {
    /// Finds what a name stands for: in the cache, and then the network is not asked unless `again`, otherwise on the hub.
    ///
    /// # Errors
    /// [`Error::NoModel`] or, of a data set, [`Error::Input`] where it is not there, not given, or not what it should be;
    /// [`Error::Io`] of the cache.
    pub fn of(address: &Address, again: bool, watch: &dyn Watch) -> Result<Found> {
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
        find(address, &choose, again, watch)
    }

    /// Returns the file to open, or the folder of a data set.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.main)
    }

    /// Returns the model folder that stands for these files, and the task, if the catalogue knows it.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be made; those of [`Options::inspect_model`] where the settings depend on the tensors.
    pub fn opened(&self, address: &Address) -> Result<(PathBuf, Option<Task>)> {
        let known = catalogue::find(address).and_then(Entry::task);
        Ok((self.model_folder(address)?, known))
    }

    /// The model folder that stands for these files: links to them, and the settings that they do not hold.
    fn model_folder(&self, address: &Address) -> Result<PathBuf> {
        let weights = || {
            let mut options = Options::default();
            options.model = Some(self.path());
            Ok(options.inspect_model()?.tensors)
        };
        let entry = catalogue::find(address).filter(|_| !self.is_configured());
        let settings = entry
            .and_then(|entry| entry.settings_for(weights).transpose())
            .transpose()?;
        let name = match &address.path {
            None => Path::new("model").join(address.short()),
            Some(path) => Path::new("models").join(address::flat(path)).join(address.short()),
        };
        self.cache.make(&self.commit, |own| {
            let folder = own.join(&name);
            self.link_into(&folder, settings.as_deref()).map(|()| folder)
        })
    }

    /// Makes a folder hold these files and settings, and no others.
    fn link_into(&self, folder: &Path, settings: Option<&str>) -> Result<()> {
        const SETTINGS: &str = "config.json";
        let own = self
            .main
            .rsplit_once('/')
            .map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let mut names: Vec<&str> = Vec::new();
        for Fetched { file, .. } in &self.files {
            // What is above the weights' folder comes into it.
            let below = file.strip_prefix(&own);
            let name = below.unwrap_or_else(|| file.rsplit('/').next().unwrap_or(file));
            if settings.is_none() || name != SETTINGS {
                cache::link(&self.folder.join(file), &folder.join(name))?;
            }
            names.push(name.split('/').next().unwrap_or(name));
        }
        if let Some(settings) = settings {
            let path = folder.join(SETTINGS);
            // Where nothing changes, nothing need be writable.
            if std::fs::read(&path).ok().as_deref() != Some(settings.as_bytes()) {
                cache::write(&path, settings.as_bytes())?;
            }
            names.push(SETTINGS);
        }
        // An earlier choice may have been another.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !names.contains(&&*name) && !name.starts_with(cache::OWN) {
                std::fs::remove_file(entry.path()).map_err(Error::io("remove", entry.path()))?;
            }
        }
        Ok(())
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

/// `again` asks the hub even where all is in the cache.
fn find(address: &Address, choose: Choose<'_>, again: bool, watch: &dyn Watch) -> Result<Found> {
    let cache = Cache::of(address)?;
    if again && settings::offline() {
        let reason = "expected leave to ask the hub, found that HF_HUB_OFFLINE is set";
        return Err(address.error(reason));
    }
    let is_alone = is_alone();
    if let Some((commit, selection)) = cached(address, &cache, choose, is_alone)
        && (is_alone || (!again && complete(&cache, &commit, &selection)))
    {
        return found(cache, commit, selection, &[]);
    }
    match settings::offline() {
        true => Err(not_cached(
            address,
            &cache,
            match address.kind {
                Kind::Model => "it",
                Kind::Data => "its test set",
            },
        )),
        false => fetch(address, cache, choose, (again, watch)),
    }
}

/// Whether nobody may or can be asked.
pub(crate) fn is_alone() -> bool {
    settings::offline() || cfg!(not(feature = "client"))
}

/// The network must be left alone, and the cache lacks something.
pub(crate) fn not_cached(address: &Address, cache: &Cache, what: &str) -> Error {
    address.error(format!(
        "expected {what} in the cache {}, found no such thing there nor, since HF_HUB_OFFLINE is set, elsewhere",
        cache.folder.display()
    ))
}

/// Chooses among the files of a commit. Where these are not known, what is here may be a part of them: that is enough for
/// a file's own name, and where nobody can be asked, except that another table is no test set.
pub(crate) fn chosen(
    address: &Address,
    cache: &Cache,
    commit: &str,
    choose: Choose<'_>,
    is_alone: bool,
) -> Option<Selection> {
    if let Some(listing) = cache.listing(commit) {
        return choose(&listing).ok();
    }
    let selection = choose(&cache.files(commit)).ok()?;
    let is_named = address.path.as_ref() == Some(&selection.main);
    let is_all = is_alone && (address.kind == Kind::Model || select::is_test(&selection.main));
    (is_named || is_all).then_some(selection)
}

/// Returns what is chosen among the files of a commit if it is in the cache.
fn cached(address: &Address, cache: &Cache, choose: Choose<'_>, is_alone: bool) -> Option<(String, Selection)> {
    let commit = cache.commit(address.revision())?;
    let selection = chosen(address, cache, &commit, choose, is_alone)?;
    let is_here = |file: &String| cache.snapshot(&commit).join(file).is_file();
    selection.required.iter().all(is_here).then_some((commit, selection))
}

/// Whether, beside what must be in the cache, nothing that could be of use is left to ask for.
fn complete(cache: &Cache, commit: &str, selection: &Selection) -> bool {
    let listing = cache.listing(commit);
    let is_listed = |file: &String| listing.as_ref().is_none_or(|listing| listing.contains(file));
    let known = |file: &String| cache.snapshot(commit).join(file).is_file() || cache.lacks(commit, file);
    selection.optional.iter().all(|file| known(file) || !is_listed(file))
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

#[cfg(feature = "client")]
fn fetch(address: &Address, cache: Cache, choose: Choose<'_>, (again, watch): (bool, &dyn Watch)) -> Result<Found> {
    let client = crate::client::Client::new(address, watch)?;
    let listing = match client.list() {
        Ok(listing) => listing,
        // What others have fetched is whole without the notes that this program keeps.
        Err(error) if client.is_alone() && !again => {
            let Some((commit, selection)) = cached(address, &cache, choose, true) else {
                return Err(error);
            };
            watch.note(&format!("{error}: what is in the cache is taken"));
            return found(cache, commit, selection, &[]);
        }
        Err(error) => return Err(error),
    };
    let (commit, files) = (&listing.commit, listing.names());
    let selection = choose(&files).map_err(|reason| address.error(reason))?;
    cache.remember_listing(commit, &files);
    let mut fetched = Vec::new();
    // The weights come last: where they are, all is.
    for file in selection.optional.iter().chain(&selection.required) {
        let Some(entry) = client.entry(&listing, file)? else {
            cache.note_lack(commit, file);
            continue;
        };
        let here = cache.snapshot(commit).join(file).metadata();
        if here.is_ok_and(|here| here.is_file() && here.len() == entry.size) {
            continue;
        }
        watch.begin(file, Some(entry.size));
        let done = client.fetch(&cache, commit, &entry);
        watch.end();
        done?;
        fetched.push(file.clone());
    }
    cache.remember(address.revision(), commit);
    found(cache, listing.commit, selection, &fetched)
}

#[cfg(not(feature = "client"))]
fn fetch(address: &Address, cache: Cache, _: Choose<'_>, _: (bool, &dyn Watch)) -> Result<Found> {
    Err(without_client(address, &cache))
}

/// The program was built without a client: whatever others have put into the cache can be used, no more.
#[cfg(not(feature = "client"))]
pub(crate) fn without_client(address: &Address, cache: &Cache) -> Error {
    address.error(format!(
        "expected it in the cache {}, found nothing, and this program was built without a client that fetches it",
        cache.folder.display()
    ))
}
