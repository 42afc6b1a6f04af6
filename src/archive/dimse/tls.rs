//! Encrypted connections: whom we trust, and who we are. There is no way to switch the checks off.

use std::{io, path::Path, sync::Arc};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::{
    archive::{error::ArchiveError, node::Tls},
    files,
};

/// The most bytes of a file of certificates: an authority's list has some hundred kB.
const MOST_OF_PEM: u64 = 16 << 20;

/// The cryptography: `ring`, which needs no more than a C compiler.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Begins an encrypted connection to a host.
pub fn connection(tls: &Tls, host: &str) -> Result<ClientConnection, ArchiveError> {
    let said = |error: rustls::Error| ArchiveError::Tls(error.to_string());
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.map_err(said)?;
    let builder = match &tls.ca {
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| wrong(path, &error.to_string()))?;
            }
            builder.with_root_certificates(roots)
        }
        None => builder.with_platform_verifier().map_err(said)?,
    };
    let config = match (&tls.certificate, &tls.key) {
        (Some(certificate), Some(path)) => {
            let bytes = read(path)?;
            let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| wrong(path, &pem_words(&error)))?;
            let config = builder.with_client_auth_cert(certificates(certificate)?, key);
            config.map_err(|error| wrong(certificate, &error.to_string()))?
        }
        _ => builder.with_no_client_auth(),
    };
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| ArchiveError::Tls(format!("{host:?} is not a name that a certificate can have")))?;
    ClientConnection::new(Arc::new(config), name).map_err(said)
}

fn read(path: &Path) -> Result<Vec<u8>, ArchiveError> {
    files::read_regular(path, MOST_OF_PEM).map_err(|source| ArchiveError::Read { path: path.to_owned(), source })
}

/// The certificates of a file, of which there must be one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ArchiveError> {
    let bytes = read(path)?;
    let found = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| wrong(path, &pem_words(&error)))?;
    if found.is_empty() {
        return Err(wrong(path, "there is no certificate in it; it must be a PEM file"));
    }
    Ok(found)
}

fn pem_words(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => "there is no key in it; it must be a PEM file without a password".to_owned(),
        other => other.to_string(),
    }
}

fn wrong(path: &Path, what: &str) -> ArchiveError {
    ArchiveError::Read { path: path.to_owned(), source: io::Error::other(what.to_owned()) }
}

/// What is wrong with a handshake.
pub fn words(error: &io::Error) -> String {
    use rustls::{CertificateError, Error, InvalidMessage};
    let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match known {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "the archive does not speak TLS on this port; check `port`, or remove `tls` from the node".to_owned()
        }
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "the archive's certificate is not signed by an authority that we trust; set `ca` of the node".to_owned()
        }
        Some(Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
            "the archive's certificate has expired".to_owned()
        }
        Some(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "the archive's certificate is for another host; `host` must be a name that stands in it".to_owned(),
        Some(Error::AlertReceived(alert)) => {
            format!("the archive ended the handshake ({alert:?}); it may ask for `certificate` and `key`")
        }
        _ => error.to_string(),
    }
}
