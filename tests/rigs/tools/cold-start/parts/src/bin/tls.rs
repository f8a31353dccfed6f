//! The functions' HTTPS client, alone in a process.
//!
//! Without arguments it asks the Lambda Runtime API for an event, and is killed while it waits. With
//! an address and a certificate it makes its first HTTPS request and prints, in microseconds, how long
//! its first random bytes took and how long the request took after that.

use std::{
    error::Error,
    fs,
    time::{Duration, Instant},
};

use reqwest::{Certificate, Client, redirect};
#[cfg(feature = "aws-lc")]
use rustls::crypto::aws_lc_rs as cryptography;
#[cfg(feature = "ring")]
use rustls::crypto::ring as cryptography;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // reqwest takes aws-lc-rs by itself. Anything else has to be made the default of the process.
    #[cfg(feature = "ring")]
    cryptography::default_provider()
        .install_default()
        .map_err(|_| "there is a default already")?;

    // As `HttpStripe` in `shared` builds it.
    let client = Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(9))
        .redirect(redirect::Policy::none());

    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(certificate)) = (arguments.next(), arguments.next()) else {
        let api = std::env::var("AWS_LAMBDA_RUNTIME_API")?;
        let next = format!("http://{api}/2018-06-01/runtime/invocation/next");
        client.build()?.get(next).send().await?;
        return Ok(());
    };

    let certificate = Certificate::from_pem(&fs::read(certificate)?)?;
    // Beside the machine's own roots, which every function reads too.
    let client = client.tls_certs_merge([certificate]).build()?;

    let begun = Instant::now();
    cryptography::default_provider()
        .secure_random
        .fill(&mut [0; 32])
        .map_err(|_| "no random bytes")?;
    let random = begun.elapsed();
    // Who has just worked hard waits longer for a turn on a busy machine. That is not what is measured.
    tokio::time::sleep(Duration::from_millis(30)).await;

    let begun = Instant::now();
    let answer = client.get(address).send().await?.error_for_status()?;
    answer.bytes().await?;
    println!("{} {}", random.as_micros(), begun.elapsed().as_micros());
    Ok(())
}
