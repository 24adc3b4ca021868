//! `hrm verify`.

use std::path::PathBuf;
use std::sync::Arc;

use super::options::ReadingOptions;
use super::output;
use hrm::error::{Error, Result};
use hrm::executor::DeviceChoice;
use hrm::gpu::wgpu::Features;
use hrm::gpu::{self, Gpu};
use hrm::model::{BUNDLED, Model};

/// Arguments of `hrm verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The adapter: gpu (the best one), its number, or part of its name
    #[arg(long, short, default_value = "gpu", value_name = "DEVICE")]
    device: DeviceChoice,
    /// Also compare segments of this model: folder, official checkpoint, or hub:OWNER/NAME
    #[arg(long, short, value_name = "PATH|NAME")]
    model: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn verify(args: Args) -> Result<u8> {
    let bundled = BUNDLED.iter().map(|name| Model::bundled(name));
    let own = args.model.map(|model| {
        let model = args.reading.options(Some(model), false)?.open_model()?;
        model.warnings.iter().for_each(|warning| output::note(warning));
        Ok(model)
    });
    let models = bundled.chain(own).map(|model| model.map(Arc::new));
    let models = models.collect::<Result<Vec<_>>>()?;
    let report = pollster::block_on(async {
        let none = || Error::Usage("verify compares a GPU with the CPU: --device takes gpu, a number or a name".into());
        let gpu = Gpu::open(&args.device, Features::SHADER_F16).await?.ok_or_else(none)?;
        gpu::verify(&Arc::new(gpu), &models).await
    })?;
    gpu::remember(&report)?;
    if args.json {
        output::print_json(&report)?;
    } else {
        output::print(&format!("{report}\n"))?;
    }
    let wrong = |finding: &gpu::Finding| !finding.passed;
    if report.findings.iter().any(|finding| finding.on_gpu && wrong(finding)) {
        output::note("`--device auto` avoids what was wrong until the driver changes or a verification passes");
    }
    Ok(u8::from(report.findings.iter().any(wrong)))
}
