//! Bounds response bodies while they are read, so that an endless response cannot exhaust memory.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame, SizeHint};
use thiserror::Error;

/// No answer is longer. A page of a thousand principals or policies, each as large as IAM lets it be, has about half of it.
const MOST_OF_A_BODY: u64 = 64 << 20;

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum TooMuch {
    /// The body alone is too long.
    #[error("the answer is longer than {} MiB, and none of AWS is", MOST_OF_A_BODY >> 20)]
    Body,
    /// All pages of its list are, together.
    #[error("the pages of the list are longer than {} MiB together, and no list of AWS is", .0 >> 20)]
    List(u64),
}

/// How many bytes the answers of one list may still have.
#[derive(Debug, Clone)]
pub(super) struct Room {
    most: u64,
    left: Arc<AtomicU64>,
}

tokio::task_local! {
    static LIST: Room;
}

impl Room {
    pub(super) fn of(most: u64) -> Self {
        Self {
            most,
            left: Arc::new(AtomicU64::new(most)),
        }
    }

    /// Answers that come while `work` goes on are of this list.
    pub(super) fn within<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        LIST.scope(self.clone(), work)
    }

    fn take(&self, length: u64) -> Result<(), TooMuch> {
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(length)
            });
        taken.map(drop).map_err(|_| TooMuch::List(self.most))
    }
}

/// The body, which ends with an error where it is too long.
pub(super) fn bounded(body: SdkBody) -> SdkBody {
    SdkBody::from_body_1_x(BoundedBody {
        body,
        left: MOST_OF_A_BODY,
    })
}

struct BoundedBody {
    body: SdkBody,
    left: u64,
}

impl BoundedBody {
    fn take(&mut self, length: usize) -> Result<(), TooMuch> {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or(TooMuch::Body)?;
        LIST.try_with(|room| room.take(length)).unwrap_or(Ok(()))
    }
}

impl fmt::Debug for BoundedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedBody")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Body for BoundedBody {
    type Data = <SdkBody as Body>::Data;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Err(error) = this.take(frame.data_ref().map_or(0, |data| data.len()))
        {
            return Poll::Ready(Some(Err(error.into())));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use aws_smithy_types::byte_stream::ByteStream;

    use super::{Room, TooMuch, bounded};
    use aws_smithy_types::body::SdkBody;

    #[tokio::test]
    async fn a_list_has_room_for_so_many_bytes_over_all_its_pages() {
        let page = || async {
            let read = ByteStream::new(bounded(SdkBody::from(vec![b'x'; 600])))
                .collect()
                .await;
            read.map(|bytes| bytes.to_vec().len())
                .map_err(|error| format!("{error:?}"))
        };
        let room = Room::of(1000);
        assert_eq!(room.within(page()).await.unwrap(), 600);
        let error = room.within(page()).await.unwrap_err();
        assert!(error.contains(&format!("{:?}", TooMuch::List(1000))), "{error}");
        // What is of no list is bounded alone.
        assert_eq!(page().await.unwrap(), 600);
    }
}
