/* hcmmadsk.c: the disks of a deterministic run are private to it.
 *
 * Who calls it: the device handlers, through hcmmadet.h.
 *
 * A run that changed its disks could not be repeated. The image is mapped, and what is written stays in the process; a
 * forked process has its own copy, and no file position to share.
 */
#define HCMMATHR_C
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "hcmmadet.h"
#include "hcmmathr.h"

#include <sys/mman.h>
#include <sys/stat.h>

enum { MAX_DISKS = 64 };

static struct disk
{
    int fd;
    BYTE *image;
    size_t size;
} disks[MAX_DISKS];
static int count;

/* The disk with this descriptor; NULL with errno set if it cannot be mapped. */
static struct disk *find(int fd)
{
    struct stat status;
    struct disk *disk;
    int i;
    for (i = 0; i < count; i++)
        if (disks[i].fd == fd)
            return &disks[i];
    if (count == MAX_DISKS)
    {
        errno = EMFILE;
        return NULL;
    }
    disk = &disks[count];
    if (fstat(fd, &status))
        return NULL;
    disk->fd = fd;
    disk->size = (size_t)status.st_size;
    disk->image = mmap(NULL, disk->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (disk->image == MAP_FAILED)
        return NULL;
    count++;
    return disk;
}

static int clip(const struct disk *disk, off_t offset, int length)
{
    if (offset < 0 || (size_t)offset >= disk->size)
        return 0;
    return disk->size - (size_t)offset < (size_t)length ? (int)(disk->size - (size_t)offset) : length;
}

int hcmma_disk_read(int fd, off_t offset, void *to, int length)
{
    struct disk *disk;
    if (!hcmma_one_thread)
        return (int)read(fd, to, (size_t)length);
    disk = find(fd);
    if (!disk)
        return -1;
    length = clip(disk, offset, length);
    memcpy(to, disk->image + offset, (size_t)length);
    return length;
}

int hcmma_disk_write(int fd, off_t offset, const void *from, int length)
{
    struct disk *disk;
    if (!hcmma_one_thread)
        return (int)write(fd, from, (size_t)length);
    disk = find(fd);
    if (!disk)
        return -1;
    length = clip(disk, offset, length);
    memcpy(disk->image + offset, from, (size_t)length);
    return length;
}
